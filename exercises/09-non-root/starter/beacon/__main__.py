"""The lighthouse keeper's service, on port 8000: python -m beacon

GET /hail/SHIP    answers a ship
GET /seen/SHIP    writes the ship down, in /var/lib/beacon/ships.txt
GET /ships        which ships were seen
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

BOOK = Path("/var/lib/beacon/ships.txt")


class Keeper(BaseHTTPRequestHandler):
    def do_GET(self):
        what, _, ship = unquote(self.path).lstrip("/").partition("/")
        try:
            if what == "hail":
                self.answer(200, f"The light greets the {ship}\n")
            elif what == "seen":
                with BOOK.open("a") as book:
                    book.write(f"{ship}\n")
                self.answer(200, "written down\n")
            elif what == "ships":
                self.answer(200, BOOK.read_text() if BOOK.exists() else "")
            else:
                self.answer(404, "nothing here\n")
        except OSError as error:
            print(f"beacon: {error}", flush=True)
            self.answer(500, f"{error}\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


print(f"the light is on, kept by user {os.getuid()}", flush=True)
ThreadingHTTPServer(("", 8000), Keeper).serve_forever()
