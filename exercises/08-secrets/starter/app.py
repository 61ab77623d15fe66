"""Tells when the water is high. The tides are in a PostgreSQL database, which is asked at each request."""

import os
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pg

HOST = os.environ.get("DB_HOST", "db")


def password():
    """From the file that DB_PASSWORD_FILE names; else from the variable DB_PASSWORD."""
    file = os.environ.get("DB_PASSWORD_FILE")
    return Path(file).read_text().strip() if file else os.environ.get("DB_PASSWORD", "")


class Tides(BaseHTTPRequestHandler):
    def do_GET(self):
        port = "".join(letter for letter in self.path.rpartition("/")[2] if letter.isalnum())
        try:
            status, text = 200, pg.ask(HOST, password(), f"SELECT 'High water at {port}: 4.20 m'")
        except (OSError, pg.Refused) as error:
            status, text = 503, f"no tides: {error}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


if os.environ.get("DEBUG"):
    print(f"settings: postgres://postgres:{password()}@{HOST}/postgres", flush=True)
while True:
    try:
        socket.create_connection((HOST, 5432), timeout=1).close()
        break
    except OSError:
        time.sleep(0.2)  # the database is still starting
ThreadingHTTPServer(("", 8000), Tides).serve_forever()
