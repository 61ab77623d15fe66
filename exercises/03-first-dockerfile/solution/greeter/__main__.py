"""Serves GET /greet/NAME. Settings come from the environment:

GREETER_HOST      the address to listen on (127.0.0.1)
GREETER_PORT      the port (8000)
GREETER_LANGUAGE  a key of greetings.json (en)
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

GREETINGS = json.loads((Path(__file__).parent / "greetings.json").read_text(encoding="utf-8"))
LANGUAGE = os.environ.get("GREETER_LANGUAGE", "en")


class Greeter(BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith("/greet/"):
            self.send_error(404)
            return
        name = unquote(self.path.removeprefix("/greet/"))
        body = GREETINGS[LANGUAGE].format(name=name).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    host = os.environ.get("GREETER_HOST", "127.0.0.1")
    port = int(os.environ.get("GREETER_PORT", "8000"))
    server = ThreadingHTTPServer((host, port), Greeter)
    print(f"greeter listens on {host}:{port}, language {LANGUAGE}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
