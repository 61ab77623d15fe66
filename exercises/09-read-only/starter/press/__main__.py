"""The press: python -m press [prepare]

prepare           sets the types: types/sheet.txt → $PRESS_PLATES/sheet.plate; done at the start if it wasn't done before
GET /print/NAME   prints a sheet into $PRESS_CACHE, and answers with it

It writes its process's number to $PRESS_RUN/press.pid.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).parent.parent
PLATES = Path(os.environ.get("PRESS_PLATES", HERE / "plates"))
CACHE = Path(os.environ.get("PRESS_CACHE", HERE / "cache"))
RUN = Path(os.environ.get("PRESS_RUN", "/var/run"))


def prepare():
    PLATES.mkdir(parents=True, exist_ok=True)
    text = (HERE / "types" / "sheet.txt").read_text()
    (PLATES / "sheet.plate").write_text(text.upper())


class Press(BaseHTTPRequestHandler):
    def do_GET(self):
        what, _, name = unquote(self.path).lstrip("/").partition("/")
        if what != "print" or not name or "/" in name:
            self.answer(404, "nothing here\n")
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        sheet = CACHE / f"{name}.sheet"
        sheet.write_text((PLATES / "sheet.plate").read_text().replace("NAME", name))
        self.answer(200, sheet.read_text())

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if sys.argv[1:] == ["prepare"]:
    prepare()
    sys.exit()
if not (PLATES / "sheet.plate").exists():
    prepare()
(RUN / "press.pid").write_text(f"{os.getpid()}\n")
print("the press runs on port 8000", flush=True)
ThreadingHTTPServer(("", 8000), Press).serve_forever()
