"""A package index that a lesson can watch: for pip and apt, without the internet, downloads counted."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import time
import uuid
import zipfile
from collections.abc import Mapping

import docker
from docker.errors import NotFound

from course.errors import EngineError

_IMAGE = "python:3.13-slim"
_PATIENCE = 30.0  # seconds until the server has to listen
# The real indexes allow a client to keep what it has downloaded; Python's own server says nothing of it.
_SERVER = """
import http.server
class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()
server = http.server.ThreadingHTTPServer(("", 80), Handler)
print("ready", flush=True)
server.serve_forever()
"""


class PackageIndex:
    """A container with a web server: what PyPI is for pip, and what Debian's archive is for apt.

    Builds reach it by its address on the engine's default network. `args` are the build arguments that lead
    there: pip reads both from the environment, a line for apt says `deb [trusted=yes] $PIP_INDEX_URL ./`.
    Its address ends in a random word, so that no cached step of an earlier index fits.
    """

    def __init__(self, client: docker.DockerClient) -> None:
        """Starts it. Raises docker-py's errors, and EngineError when the server doesn't come up."""
        self._folder = f"index-{uuid.uuid4().hex[:8]}"
        server = ["python", "-c", _SERVER]
        self._container = client.containers.run(_IMAGE, server, working_dir="/srv", init=True, detach=True)
        self._wait()
        networks: Mapping[str, Mapping[str, str]] = self._container.attrs["NetworkSettings"]["Networks"]
        address = next(iter(networks.values()))["IPAddress"]
        self.args = {"PIP_INDEX_URL": f"http://{address}/{self._folder}", "PIP_TRUSTED_HOST": address}

    def wheel(self, package: str, version: str) -> None:
        """Offers one more version of a Python package, for pip."""
        file = f"{package}-{version}-py3-none-any.whl"
        self._put({f"{package}/{file}": wheel(package, version)})

    def deb(self, package: str, version: str) -> None:
        """Offers this version of a Debian package in place of the one before, for apt."""
        file, content = f"{package}_{version}.deb", deb(package, version)
        found = f"Filename: {file}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
        self._container.exec_run(["sh", "-c", f"rm -f {self._folder}/{package}_*.deb"])
        self._put({file: content, "Packages": (control(package, version) + found).encode()})

    @property
    def downloads(self) -> int:
        """How many packages were fetched since it was started."""
        lines = self._container.logs().decode().splitlines()
        return sum((".whl HTTP" in line or ".deb HTTP" in line) and '" 200' in line for line in lines)

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while b"ready" not in (said := self._container.logs()):
            self._container.reload()
            if self._container.status == "exited" or time.monotonic() > deadline:
                raise EngineError(
                    "The package index of this lesson did not start.",
                    hint=f"Run: docker run --rm {_IMAGE} python --version",
                    detail=said.decode(errors="replace"),
                )
            time.sleep(0.05)
        self._container.reload()

    def _put(self, files: Mapping[str, bytes]) -> None:
        packed = _tar({f"{self._folder}/{path}": content for path, content in files.items()})
        if not self._container.put_archive("/srv", packed):
            raise NotFound("The package index is gone.")


def wheel(package: str, version: str) -> bytes:
    """The smallest wheel: a module that knows its version."""
    about, made = f"{package}-{version}.dist-info", io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr(f"{package}.py", f"version = {version!r}\n")
        packed.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        packed.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{about}/RECORD", "")
    return made.getvalue()


def control(package: str, version: str) -> str:
    """What a Debian package says about itself."""
    return (
        f"Package: {package}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: nobody <nobody@example.org>\nDescription: an example\n"
    )


def deb(package: str, version: str) -> bytes:
    """The smallest Debian package: no files (deb(5): an ar archive of three members)."""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(_tar({"control": control(package, version).encode()})),
        "data.tar.gz": gzip.compress(_tar({})),
    }
    made = b"!<arch>\n"
    for name, content in members.items():
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        made += content + b"\n" * (len(content) % 2)
    return made


def _tar(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as packed:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o644
            packed.addfile(member, io.BytesIO(content))
    return made.getvalue()
