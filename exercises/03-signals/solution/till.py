"""The till of a small shop: GET /sell/ITEM on port 8000 sells something.

On SIGTERM, as from `docker stop`, or SIGINT, as from Ctrl-C, it closes: it prints how much was sold, and ends with 0.
"""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

sold = []


class Till(BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith("/sell/"):
            self.send_error(404)
            return
        sold.append(unquote(self.path.removeprefix("/sell/")))
        body = f"sold {sold[-1]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("", 8000), Till)

    def close(number, frame):
        # shutdown() waits until serve_forever(), which runs in this very thread, has ended.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, close)
    signal.signal(signal.SIGINT, close)
    print(f"the till of {os.environ.get('SHOP', 'a shop')} is open", flush=True)
    server.serve_forever()
    print(f"till closed: {len(sold)} sold, at last {sold[-1] if sold else 'nothing'}", flush=True)


if __name__ == "__main__":
    main()
