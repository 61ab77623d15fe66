"""Starts JupyterLab on the course and finds out where it serves."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.engine import embedded
from course.errors import LabError
from course.paths import paths, repository

FIRST_PAGE = "notebooks/00_start.ipynb"
# `python -m jupyterlab`, without a package that jsonschema takes if it's there: at its import that compiles a
# grammar of IRIs, which is half of JupyterLab's start. Nothing here has an IRI to check.
_JUPYTERLAB = (
    "import sys; sys.modules['rfc3987_syntax'] = None; from jupyterlab.labapp import main; sys.exit(main())"
)
_START_SECONDS = 90.0  # a first start on a slow disk compiles a few thousand Python files


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that serves."""

    url: str  # with the token, opens the first chapter
    process: subprocess.Popen[bytes]


def has_display() -> bool:
    """Whether a browser window could open here."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def serving(port: int | None = None) -> Iterator[Lab]:
    """A JupyterLab on the repository, on `port`, or on the first free one from 8888; stopped on leaving.

    Raises LabError when the port is taken or JupyterLab does not come up.
    """
    if port is not None:
        _check_free(port)
    log = paths().log / "jupyter.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(port),
            cwd=repository(),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Lab(_url(process, log), process)
    finally:
        _stop(process)


def _command(port: int | None) -> list[str]:
    command = [
        sys.executable, "-c", _JUPYTERLAB, "--no-browser",
        f"--ServerApp.root_dir={repository()}",
        f"--LabApp.app_settings_dir={Path(__file__).parent / 'jupyter'}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--JupyterApp.answer_yes=True",  # Ctrl-C stops it at once; the question would hide in the log
    ]  # fmt: skip
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def _environment() -> dict[str, str]:
    # Terminals and `!docker` cells in the lab find the same CLI that the course found.
    extra = embedded.cli_environment()
    return {**os.environ, **{name: extra[name] for name in ("PATH", "DOCKER_CONFIG") if name in extra}}


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LabError(
                f"Port {port} can't be used: {error.strerror}.",
                hint="Name another with --port, or leave it out: the first free port from 8888 is taken.",
            ) from error


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    wait = threading.Event().wait
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabError("JupyterLab stopped while it started.", hint=f"Its log: {log}", detail=_tail(log))
        server = _server(process.pid)
        if server and _answers(f"{server['url']}api"):
            token = f"?token={server['token']}" if server.get("token") else ""
            return f"{server['url']}lab/tree/{FIRST_PAGE}{token}"
        wait(0.05)
    raise LabError(
        f"JupyterLab did not answer within {_START_SECONDS:.0f} s.", hint=f"Its log: {log}", detail=_tail(log)
    )


def _server(pid: int) -> dict[str, str] | None:
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        found = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json").read_text())
    except (OSError, ValueError):  # not written yet, or half of it
        return None
    return found if isinstance(found, dict) else None


def _answers(url: str) -> bool:
    try:
        # The server's own address, as it wrote it down; a proxy from the environment must not see it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _tail(log: Path, lines: int = 12) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
