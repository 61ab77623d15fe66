"""The free berths of a harbour. They are in the database, which is asked at each request."""

import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer

DATABASE = (os.environ.get("DATABASE", "db"), 5432)
HELLO = b"\0\0\0\x08\x04\xd2\x16\x2f"  # the first words of PostgreSQL's protocol: can we talk in secret?


class Berths(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            with socket.create_connection(DATABASE, timeout=3) as database:
                database.sendall(HELLO)
                here = database.recv(1) in (b"S", b"N")
        except OSError:
            here = False
        self.send_response(200 if here else 503)
        self.end_headers()
        self.wfile.write(b"7 berths are free\n" if here else b"the database doesn't answer\n")


HTTPServer(("", 8000), Berths).serve_forever()
