"""Small Compose projects for tests of their rules: a busybox web server, and whatever compose.yaml says."""

from __future__ import annotations

import textwrap
from pathlib import Path

# A web server that keeps and tells a word, and tells whether a neighbour `db` answers.
SCRIPTS = {
    "echo": 'echo; echo "$QUERY_STRING"',
    "keep": 'echo "$QUERY_STRING" >/data/word && { echo; echo kept; }',
    "tell": "echo; cat /data/word 2>/dev/null; true",
    "later": '[ -e /tmp/there ] || echo "Status: 503 Later"; echo; cat /data/word; true',
    "ask": "if wget -q -O - http://db:8000/cgi-bin/echo?hello >/tmp/out 2>&1; then echo; cat /tmp/out; else "
    'echo "Status: 500 Bad"; echo; echo no database; fi',
}
WEB = (
    "FROM busybox:1.37\nCOPY --chmod=755 cgi-bin /www/cgi-bin\nRUN mkdir -p /data /tmp\n".replace(
        "RUN mkdir -p /data /tmp\n", "COPY cgi-bin /data\nCOPY cgi-bin /tmp\n"
    )
    + 'CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]\n'
)


def project(folder: Path, compose: str, **files: str) -> Path:
    (folder / "cgi-bin").mkdir()
    for name, script in SCRIPTS.items():
        (folder / "cgi-bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / "Dockerfile").write_text(WEB)
    (folder / "compose.yaml").write_text(textwrap.dedent(compose))
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder
