"""The freight office, on port 8000: python -m freight

GET /rate/PORT    what a parcel to PORT costs
GET /edition      which edition of the depot's rates this is
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

depot = json.loads((Path(__file__).parent / "rates.json").read_text())


class Office(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/rate/"):
            port = unquote(self.path.removeprefix("/rate/"))
            price = depot["rates"].get(port.lower(), depot["elsewhere"])
            self.answer(200, f"A parcel to {port}: {price:.2f}\n")
        elif self.path == "/edition":
            self.answer(200, f"{depot['edition']}\n")
        else:
            self.answer(404, "nothing here\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


print("the freight office is open on port 8000", flush=True)
ThreadingHTTPServer(("", 8000), Office).serve_forever()
