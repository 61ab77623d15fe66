"""Finds the engine to use: DOCKER_HOST, the docker context, the well-known sockets, the embedded engine."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from docker.tls import TLSConfig

from course.engine.address import Address
from course.engine.contexts import current_context
from course.engine.failures import engine_errors, translate
from course.errors import EngineDenied, EngineError, NoEngine
from course.paths import paths

__all__ = [
    "answers",
    "candidates",
    "client_options",
    "engine_errors",
    "find_engine",
    "probe",
    "sockets",
    "translate",
]

_PROBE_SECONDS = 5


def candidates() -> Iterator[Address]:
    """Every address worth trying, in order. With DOCKER_HOST (or DOCKER_CONTEXT) set, only the one it names.

    Raises NoEngine when DOCKER_CONTEXT names a context that doesn't exist.
    """
    if asked := _asked_for():
        yield asked
        return
    seen = set()
    for address in (current_context(), *sockets(), embedded_address()):
        if address is not None and address.url not in seen:
            seen.add(address.url)
            yield address


def embedded_address() -> Address:
    """Where the course's own engine listens, running or not."""
    return Address(f"unix://{paths().run / 'docker.sock'}", "embedded")


def find_engine() -> Address:
    """The first address at which an engine answers.

    Raises EngineDenied when none does, but one's socket is there and may not be opened;
    NoEngine when none does. DOCKER_HOST or DOCKER_CONTEXT pointing nowhere is NoEngine too, never a fallback.
    """
    refusal: EngineDenied | None = None
    tried = []
    for address in candidates():
        try:
            probe(address)
        except EngineDenied as error:
            refusal = refusal or error
        except EngineError as error:
            tried.append((address, error))
        else:
            return address
    if refusal:
        raise refusal
    raise _nowhere(tried)


def answers(address: Address, *, timeout: int = _PROBE_SECONDS) -> bool:
    """Whether an engine answers there within `timeout` seconds."""
    try:
        probe(address, timeout=timeout)
    except EngineError:
        return False
    return True


def probe(address: Address, *, timeout: int = _PROBE_SECONDS) -> None:
    """Returns if an engine answers at `address` within `timeout` seconds.

    Raises EngineDenied, EngineGone, EngineTooOld, NoEngine (an address of a kind that isn't spoken).
    """
    knock(address, timeout=timeout)
    with engine_errors(address):
        client = docker.APIClient(**client_options(address), timeout=timeout)
        try:
            client.ping()
        finally:
            client.close()


def knock(address: Address, *, timeout: int = _PROBE_SECONDS) -> None:
    """Returns if somebody listens at the Unix socket of `address`; asks nothing of other transports.

    docker-py, which would find out too, leaks a socket when nobody does.
    Raises EngineDenied or EngineGone.
    """
    if address.socket is None or sys.platform == "win32":
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.settimeout(timeout)
            caller.connect(address.socket)
    except OSError as error:
        raise translate(error, address) from error


def client_options(address: Address) -> dict[str, Any]:
    """The arguments of docker-py's clients for `address`: base_url, and tls where it wants it.

    Raises NoEngine for ssh:// and other transports that the course does not speak.
    """
    scheme = address.url.partition("://")[0]
    if scheme == "ssh":
        raise NoEngine(
            f"{address} is reached over SSH, which the course does not speak.",
            hint="Forward the socket yourself: "
            f"ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock {address.url.removeprefix('ssh://')} & "
            "export DOCKER_HOST=unix:///tmp/docker.sock",
        )
    if scheme not in ("unix", "tcp", "http", "https", "npipe"):
        raise NoEngine(
            f"{address} is no address of an engine.",
            hint="Write it as unix:///path/docker.sock or tcp://host:2376.",
        )
    if scheme in ("unix", "npipe") or not (address.tls_dir or scheme == "https"):
        return {"base_url": address.url, "version": "auto"}
    return {"base_url": address.url, "version": "auto", "tls": _tls(address)}


class _OwnCa(TLSConfig):
    """Has the engine's own CA decide: requests would prefer REQUESTS_CA_BUNDLE, where it is set."""

    def configure_client(self, client: docker.APIClient) -> None:
        super().configure_client(client)
        client.trust_env = False


def _tls(address: Address) -> TLSConfig:
    folder = Path(address.tls_dir)
    ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    return _OwnCa(
        client_cert=(cert, key) if Path(cert).is_file() else None,
        ca_cert=ca if Path(ca).is_file() else None,
        verify=address.tls_verify,
    )


def _asked_for() -> Address | None:
    """The one engine that the environment asks for: by DOCKER_HOST, else DOCKER_CONTEXT."""
    host = os.environ.get("DOCKER_HOST")
    if host:
        if host == embedded_address().url:
            return embedded_address()
        verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
        tls = verify or bool(os.environ.get("DOCKER_TLS"))
        folder = os.environ.get("DOCKER_CERT_PATH") or str(Path.home() / ".docker")
        return Address(host, "DOCKER_HOST", tls_dir=folder if tls else "", tls_verify=verify)
    if os.environ.get("DOCKER_CONTEXT"):
        return current_context()
    return None


def sockets() -> Iterator[Address]:
    """The sockets at which well-known products listen, where they exist."""
    if sys.platform == "win32":
        for pipe in ("docker_engine", "dockerDesktopLinuxEngine"):
            yield Address(f"npipe:////./pipe/{pipe}", "socket", "Docker Desktop")
        yield Address("npipe:////./pipe/podman-machine-default", "socket", "Podman")
        return
    for path, product in well_known(
        Path.home(), os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    ):
        if _is_socket(path):
            yield Address(f"unix://{path}", "socket", product)


def well_known(home: Path, runtime_dir: str) -> list[tuple[Path, str]]:
    """Paths of sockets and the product that listens there, in the order in which they are tried.

    Sources: docs.docker.com (Engine, rootless mode, Docker Desktop), and the documentation of Colima
    (`colima status`), Rancher Desktop and Podman.
    """
    runtime = Path(runtime_dir)
    colima = Path(os.environ.get("COLIMA_HOME") or home / ".colima")
    return [
        (Path("/var/run/docker.sock"), "Docker Engine"),
        (runtime / "docker.sock", "rootless Docker Engine"),
        (home / ".docker/run/docker.sock", "Docker Desktop"),
        (home / ".docker/desktop/docker.sock", "Docker Desktop"),
        (colima / "default/docker.sock", "Colima"),
        (home / ".config/colima/default/docker.sock", "Colima"),
        (home / ".rd/docker.sock", "Rancher Desktop"),
        (Path("/run/podman/podman.sock"), "Podman"),
        (runtime / "podman/podman.sock", "Podman"),
    ]


def _is_socket(path: Path) -> bool:
    """Whether a socket is there, as far as one can see: a folder that can't be searched hides it."""
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _nowhere(tried: list[tuple[Address, EngineError]]) -> NoEngine:
    for address, error in tried:
        if address.origin == "DOCKER_HOST":
            return _named_nowhere("DOCKER_HOST", f"is set to {address.url}", error)
        if address.origin == "context" and os.environ.get("DOCKER_CONTEXT"):
            return _named_nowhere("DOCKER_CONTEXT", f"names {address.name!r} ({address.url})", error)
    return NoEngine(
        "No Docker Engine answers.",
        hint="Run: course up",
        detail="\n".join(str(error) for address, error in tried if address.origin != "embedded"),
    )


def _named_nowhere(variable: str, says: str, error: EngineError) -> NoEngine:
    if isinstance(error, NoEngine):  # an address of a kind that isn't spoken: its hint is the better one
        return NoEngine(f"{variable} {says}. {error}", hint=error.hint)
    return NoEngine(
        f"{variable} {says}, and no engine answers there.",
        hint=f"Start that engine, correct the variable, or take what is found without it: unset {variable}",
        detail=str(error),
    )
