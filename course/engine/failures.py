"""Maps what docker-py, requests and the sockets below them raise to the course's errors, in one place."""

from __future__ import annotations

import errno
import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from docker.errors import APIError, ContainerError, DockerException, InvalidVersion
from docker.errors import ImageNotFound as DockerImageNotFound

from course.engine.address import Address
from course.errors import (
    CourseError,
    EngineDenied,
    EngineError,
    EngineGone,
    EngineRefused,
    EngineTooOld,
    ImageNotFound,
)

# What a call to the engine may raise. Not a plain OSError: that can be about the caller's own files.
WIRE_ERRORS = (
    DockerException,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ConnectionError,
)
NOT_STARTED = re.compile(r"waiting for init preliminary setup|can't get final child's PID from pipe")
"""What runc says where a process could not be started before any program of the image ran: the machine's
fault, and gone when asked again (opencontainers/runc, libcontainer/process_linux.go)."""
_GONE = {errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN}
_TIMEOUTS = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
_DETAIL_MAX = 2000  # characters


@contextmanager
def engine_errors(address: Address | None = None) -> Iterator[None]:
    """Turns errors of the calls inside into the course's: EngineGone, EngineDenied, EngineRefused, …

    `address` is named in the message where one is given.
    """
    try:
        yield
    except CourseError:
        raise
    except WIRE_ERRORS as error:
        raise translate(error, address) from error


def translate(error: BaseException, address: Address | None = None) -> CourseError:
    """The course's error for one that a call to the engine raised. A CourseError comes back as it is."""
    if isinstance(error, CourseError):
        return error
    answered = _answered(error)
    if answered is not None:
        return answered
    where = f" at {address}" if address else ""
    chain = list(_chain(error))
    words = _shorten(str(error))
    if any(isinstance(one, PermissionError) for one in chain):
        return denied(where, words)
    if any(isinstance(one, ssl.SSLError | requests.exceptions.SSLError) for one in chain):
        return EngineGone(
            f"The TLS handshake with the engine{where} failed.",
            hint="Check DOCKER_CERT_PATH, DOCKER_TLS_VERIFY and the certificates' dates. Then: course doctor",
            detail=words,
        )
    # urllib3 counts a connection that nobody took among its timeouts (NewConnectionError).
    refused = any(isinstance(one, ConnectionRefusedError) for one in chain)
    if not refused and any(isinstance(one, _TIMEOUTS) for one in chain):
        return EngineGone(
            f"The engine{where} did not answer in time. It hangs, or the machine is overloaded.", detail=words
        )
    if any(isinstance(one, WIRE_ERRORS[1:]) or getattr(one, "errno", None) in _GONE for one in chain):
        return EngineGone(
            f"The engine{where} does not answer. It was stopped, or the connection broke.", detail=words
        )
    return EngineError(f"Talking to the engine{where} failed: {words or type(error).__name__}")


def denied(where: str = "", detail: str = "") -> EngineDenied:
    """The error for a socket that is there and may not be opened. `where`: " at …", or empty."""
    return EngineDenied(
        f"The Docker Engine's socket{where} may not be opened by this user.",
        hint="Join the group that owns it: sudo usermod -aG docker $USER, "
        "then run `newgrp docker` or log in again. (Members of that group are as powerful as root.)",
        detail=detail,
    )


def _answered(error: BaseException) -> CourseError | None:
    """The error where the engine (or docker-py for it) did answer, and said no."""
    if isinstance(error, InvalidVersion):
        return EngineTooOld(
            f"The engine is too old for this client: {error}", hint="Install Docker Engine 20.10 or newer."
        )
    if isinstance(error, ContainerError):
        words = (
            error.stderr.decode(errors="replace")
            if isinstance(error.stderr, bytes)
            else str(error.stderr or "")
        )
        return EngineRefused(
            f"The container of {error.image!r} ended with exit code {error.exit_status}.",
            hint="Its last words are above; `docker logs` shows the rest while the container exists.",
            detail=_shorten(words),
        )
    if not isinstance(error, APIError):
        return None
    words = _shorten(str(error.explanation or "").strip() or Exception.__str__(error))
    if isinstance(error, DockerImageNotFound):
        return ImageNotFound(f"The engine has no such image: {words}", hint="Run: course images list")
    hint = ""
    if "client version" in words and "too old" in words:
        return EngineTooOld(
            f"The engine refuses this client's API version: {words}", hint="Update docker-py."
        )
    if "no space left on device" in words.lower():
        hint = "The engine's disk is full. Free some space, e.g. with `course reset`, then try again."
    return EngineRefused(
        f"The engine refused: {words}",
        hint=hint,
        detail=f"HTTP {error.status_code}" if error.status_code else "",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and all that it wraps: causes, and exceptions among its arguments.

    Not `__context__`: the caller may be handling an unrelated error when it asks the engine.
    """
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, tuple | list):
            todo.extend(one)
        elif isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo.extend([*one.args, one.__cause__, getattr(one, "reason", None)])


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _DETAIL_MAX else f"{text[:_DETAIL_MAX]} … ({len(text)} characters)"
