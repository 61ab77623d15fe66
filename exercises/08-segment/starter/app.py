"""Counts the ships that pass a lighthouse. The counters are in a redis database, over its own protocol."""

import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATABASE = (os.environ.get("DATABASE", "db"), 6379)


def count(ship):
    with socket.create_connection(DATABASE, timeout=2) as database:
        database.sendall(f"INCR {ship}\r\n".encode())
        return database.recv(64).decode().strip().removeprefix(":")


class Lighthouse(BaseHTTPRequestHandler):
    def do_GET(self):
        ship = self.path.rpartition("/")[2]
        try:
            status, text = 200, f"{ship} has passed {count(ship)} times"
        except OSError as error:
            status, text = 503, f"no database: {error}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


ThreadingHTTPServer(("", 8000), Lighthouse).serve_forever()
