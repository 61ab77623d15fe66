"""Projects as people have them, for a review: written into a folder, on the catalogue's images, offline."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

EXERCISES = Path(__file__).parents[2] / "exercises"
PASSWORD = "w8Kq-Zr31-mT5x"  # noqa: S105  of a database that doesn't exist
KEY = "b7f3a91c5e2d48f6a0c9e8d7b6a5f4e3"

_APP = """\
    import os
    from http.server import BaseHTTPRequestHandler, HTTPServer


    class Shop(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"open")

        def log_message(self, *words):
            pass


    {more}HTTPServer((os.environ.get("HOST", "0.0.0.0"), {port}), Shop).serve_forever()
    """

FLASK_SHOP = {
    "Dockerfile": """\
        FROM python:3.13-slim
        ENV SECRET_KEY=b7f3a91c5e2d48f6a0c9e8d7b6a5f4e3
        WORKDIR /app
        COPY . .
        RUN pip install --no-index --find-links packages -r requirements.txt
        EXPOSE 5000
        HEALTHCHECK CMD curl -f http://localhost:5000/ || exit 1
        CMD python app.py
        """,
    "app.py": _APP.format(port=5000, more=""),
    "requirements.txt": "spice-basil==1.0\n",
    ".env": f"DATABASE_PASSWORD={PASSWORD}\nDEBUG=1\n",
    ".env.example": "DATABASE_PASSWORD=changeme\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/pack/pack-1.pack": "x" * 40_000,
    "__pycache__/app.cpython-313.pyc": "y" * 2_000,
}

NODE_BOARD = {
    "Dockerfile": """\
        FROM node:20-slim AS build
        WORKDIR /app
        COPY . .
        RUN npm ci
        RUN npm run build

        FROM node:20-slim
        WORKDIR /app
        COPY --from=build /app/node_modules node_modules
        COPY --from=build /app/dist dist
        EXPOSE 8080
        HEALTHCHECK CMD node -e "fetch('http://localhost:8080/')" || true
        CMD ["node", "dist/server.js"]
        """,
    ".dockerignore": "node_modules\n.git\n",
}

STATIC_TOOL = {
    "Dockerfile": """\
        FROM busybox:1.37 AS build
        WORKDIR /src
        COPY main.go .
        RUN mkdir /out && cp /bin/busybox /out/tool

        FROM scratch
        COPY --from=build /out/tool /echo
        USER 65532:65532
        ENTRYPOINT ["/echo"]
        CMD ["tidy"]
        """,
    "main.go": "package main\n\nfunc main() {}\n",
}

GOOD_SERVICE = {
    "Dockerfile": """\
        FROM python:3.13-slim
        WORKDIR /app
        COPY packages/ packages/
        COPY requirements.txt .
        RUN pip install --no-cache-dir --no-index --find-links packages -r requirements.txt
        COPY app.py .
        USER 10001
        EXPOSE 8000
        HEALTHCHECK --interval=10s --timeout=3s \\
            CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8000/', timeout=2)"]
        CMD ["python", "app.py"]
        """,
    ".dockerignore": "*\n!app.py\n!requirements.txt\n!packages\n",
    "app.py": _APP.format(
        port=8000, more="import signal\n    signal.signal(signal.SIGTERM, lambda *_: exit(0))\n    "
    ),
    "requirements.txt": "spice-basil==1.0\n",
    ".env": f"DATABASE_PASSWORD={PASSWORD}\n",
    ".git/HEAD": "ref: refs/heads/main\n",
}

COMPOSE_SHOP = {
    "compose.yaml": f"""\
        services:
          web:
            build: .
            ports:
              - "8080:8000"
            environment:
              DATABASE_URL: postgres://shop:{PASSWORD}@db/shop
              MODE: ${{MODE:-live}}
            env_file: web.env
            depends_on:
              - db
          db:
            image: postgres
            ports:
              - "5432:5432"
            environment:
              POSTGRES_PASSWORD: {PASSWORD}
          agent:
            image: busybox:1.37
            privileged: true
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock
        """,
    "web.env": f"SESSION_SECRET={KEY}\n",
    "Dockerfile": """\
        FROM busybox:1.37
        USER 10001
        CMD ["true"]
        """,
}

PACKAGES = EXERCISES / "05-cache-mount/starter/packages"
OFFICE = EXERCISES / "05-multi-stage/starter"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Puts a project there, with what it installs."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    if files is NODE_BOARD:
        for part in ("src", "vendor"):
            shutil.copytree(OFFICE / part, folder / part)
        for part in ("package.json", "package-lock.json"):
            shutil.copy(OFFICE / part, folder / part)
    if "requirements.txt" in files:
        shutil.copytree(PACKAGES, folder / "packages")
    return folder
