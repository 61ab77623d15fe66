"""Runs inside the registry's container: the read-only part of the distribution API, from what it is given.

Specification: github.com/opencontainers/distribution-spec. SIGUSR1 moves every tag.
"""

import base64
import io
import json
import re
import signal
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import cast

_GIVEN = sys.argv[1] if __name__ == "__main__" else ""  # an import serves nothing
CONTENT = json.loads(zlib.decompress(base64.b64decode(_GIVEN))) if _GIVEN else {"blobs": {}, "tags": [{}, {}]}
PATH = re.compile(r"/v2/(?P<name>[a-z0-9/_-]+)/(?P<kind>manifests|blobs)/(?P<reference>[\w.:-]+)")
TLS_HANDSHAKE = b"\x16"
moved = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        """Engines try TLS first, and plain HTTP when the answer says in clear that this is no TLS."""
        if cast(io.BufferedReader, self.rfile).peek(1)[:1] == TLS_HANDSHAKE:
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis is plain HTTP.\n")
            self.close_connection = True
            return
        super().handle_one_request()

    def do_GET(self) -> None:
        """A manifest by tag or digest, or a blob."""
        match = PATH.fullmatch(self.path.partition("?")[0])
        if self.path.rstrip("/") == "/v2":
            self._answer(200, "application/json", b"{}")
        elif match is None or (digest := self._digest(**match.groupdict())) not in CONTENT["blobs"]:
            words = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            self._answer(404, "application/json", json.dumps(words).encode())
        else:
            media_type, data = CONTENT["blobs"][digest]
            self._answer(200, media_type, bytes.fromhex(data), digest)

    do_HEAD = do_GET  # noqa: N815  http.server's name for it

    def _digest(self, name: str, kind: str, reference: str) -> str:
        if kind == "blobs" or reference.startswith("sha256:"):
            return reference
        tags: dict[str, str] = CONTENT["tags"][moved.is_set()]
        return tags.get(f"{name}:{reference}", "")

    def _answer(self, status: int, media_type: str, data: bytes, digest: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing: the output is for "ready" and "moved"."""


def _move(number: int, frame: FrameType | None) -> None:
    moved.set()
    print("moved", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _move)
    server = ThreadingHTTPServer(("", 5000), Handler)
    print("ready", flush=True)
    server.serve_forever()
