"""Runs a command in a running container and reads all that it prints."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docker

from course.engine.failures import engine_errors

_HEAD = struct.Struct(">BxxxL")  # of each piece: 1 standard output or 2 standard error, and its length
_MOST = 1 << 20


@dataclass(frozen=True)
class Executed:
    """How the command ended. `code` is None where the engine doesn't know it any more."""

    code: int | None
    out: bytes
    err: bytes


def execute(
    client: docker.DockerClient, container: str, command: Sequence[str], *, most: int = _MOST
) -> Executed:
    """Runs `command` in a container, without a terminal, to its end or to `most` bytes of output.

    docker-py's own exec_start asks for the connection to be taken over (101) and then reads the socket below
    the HTTP answer: what had arrived together with the head is lost (docker-py, api/client.py,
    _get_raw_response_socket; seen by way of the gateway). This one reads the plain answer (200), which ends
    when the command does. Raises EngineGone or EngineRefused.
    """
    api: Any = client.api
    with engine_errors():
        number = api.exec_create(container, list(command))["Id"]
        answer = api._post_json(
            api._url("/exec/{0}/start", number), data={"Detach": False, "Tty": False}, stream=True
        )
        with contextlib.closing(answer):
            api._raise_for_status(answer)
            data = answer.raw.read(most)
        out, err = _apart(data)
        return Executed(api.exec_inspect(number)["ExitCode"], out, err)


def _apart(data: bytes) -> tuple[bytes, bytes]:
    """The two streams; a piece that was cut off at the end counts as far as it goes."""
    found: dict[int, list[bytes]] = {1: [], 2: []}
    place = 0
    while place + _HEAD.size <= len(data):
        stream, length = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        found.setdefault(stream, []).append(data[place : place + length])
        place += length
    return b"".join(found[1]), b"".join(found[2])
