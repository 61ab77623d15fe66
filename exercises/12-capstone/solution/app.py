"""The guest book of a tea shop. The guests are in a PostgreSQL database, which is asked at each request.

    /sign/NAME     writes a name into the book        /hello/NAME   greets, and writes nothing
    /book          all names                          /about        the edition, and the build of its package
    /drill/ill     from now on, /health says 503      /health       whether the app is well; asks no database

On SIGTERM, as from `docker stop`, it closes: it says who was the last guest, and ends with 0.
"""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pg
import tea_labels
from edition import EDITION

HOST = os.environ.get("DB_HOST", "db")
TABLE = "CREATE TABLE IF NOT EXISTS guests (name text)"
state = {"last": "nobody", "ill": False}


def password():
    """From the file that DB_PASSWORD_FILE names; else from the variable DB_PASSWORD."""
    file = os.environ.get("DB_PASSWORD_FILE")
    return Path(file).read_text().strip() if file else os.environ.get("DB_PASSWORD", "")


def answer(path):
    name = "".join(letter for letter in path.rpartition("/")[2] if letter.isalnum())
    if path.startswith(("/sign/", "/hello/")):
        state["last"] = name
        if path.startswith("/sign/"):
            pg.ask(HOST, password(), f"{TABLE}; INSERT INTO guests VALUES ('{name}')")
        return 200, f"Welcome, {name}"
    if path == "/book":
        return 200, pg.ask(HOST, password(), f"{TABLE}; SELECT string_agg(name, ', ') FROM guests")
    if path == "/health":
        return (503, "ill") if state["ill"] else (200, "well")
    if path == "/drill/ill":
        state["ill"] = True
    if path == "/about":
        return 200, f"{EDITION} edition, labels {tea_labels.VERSION} of run {tea_labels.RUN}"
    return 200, "The tea shop's guest book"


class GuestBook(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, text = answer(self.path)
        except (OSError, pg.Refused) as error:
            status, text = 503, f"no guests: {error}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


def main():
    server = ThreadingHTTPServer(("", 8000), GuestBook)

    def close(number, frame):
        # shutdown() waits until serve_forever(), which runs in this very thread, has ended.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, close)
    print("the guest book is open", flush=True)
    server.serve_forever()
    print(f"the guest book is closed, the last guest was {state['last']}", flush=True)


main()
