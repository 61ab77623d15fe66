"""A hotel's guest book, on port 8000. Its entries are kept in /var/lib/guests/book.txt.

GET /hotel/NAME    whose guest book it is
GET /sign/WORDS    writes an entry
GET /book          all entries
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

BOOK = Path(os.environ.get("BOOK", "/var/lib/guests/book.txt"))


def answer(path):
    what, _, words = unquote(path).strip("/").partition("/")
    if what == "hotel":
        return 200, f"Guest book of the {words}\n"
    if what == "book":
        return 200, BOOK.read_text() if BOOK.exists() else ""
    if what != "sign":
        return 404, "nothing here\n"
    with BOOK.open("a") as book:
        book.write(f"{words}\n")
    return 200, "signed\n"


class Desk(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, text = answer(self.path)
        except OSError as error:
            status, text = 500, f"{error}\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print(f"the guest book lies open, as user {os.getuid()}", flush=True)
ThreadingHTTPServer(("", 8000), Desk).serve_forever()
