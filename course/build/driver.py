"""`POST /build?version=2`: BuildKit through the Engine API, without the docker CLI and without a session."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError

from course.build.context import check_dockerfile, pack, relative_dockerfile
from course.build.failure import failed
from course.build.lines import vertex_lines
from course.errors import BuildTimeout, EngineGone, EngineRefused
from course.trace import Build, Recorder
from course.trace.wire import WireError

_GONE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError, OSError)


def build(
    client: docker.DockerClient,
    context: Path,
    *,
    tag: str,
    dockerfile: str = "Dockerfile",
    buildargs: Mapping[str, str] | None = None,
    target: str = "",
    labels: Mapping[str, str] | None = None,
    network: str = "",
    platform: str = "",
    no_cache: bool = False,
    pull: bool = False,
    cgroup_parent: str = "",
    ulimits: Sequence[Mapping[str, Any]] = (),
    max_context_bytes: int | None = None,
    timeout: float | None = None,
    on_update: Callable[[Build], None] | None = None,
    on_start: Callable[[Callable[[], None]], None] | None = None,
) -> Build:
    """Builds the folder `context` and tags the result.

    `network` is "none", "host" or "" (the engine's default); `timeout` is seconds for the whole build;
    `on_update` gets a fresh `Build` after every message; `on_start` gets, once, a function that cancels the
    build from any thread (it then ends in BuildTimeout). Leaving early (Ctrl-C, timeout) closes the
    connection, which makes BuildKit cancel the build.

    Returns the finished `Build`. Raises DockerfileError, ContextError, StepFailed, BuildTimeout, EngineGone,
    EngineRefused.
    """
    text = check_dockerfile(context, dockerfile)
    began = time.monotonic()
    params = _params(locals())
    recorder = Recorder()

    def snapshot() -> Build:
        return recorder.build(time.monotonic() - began, vertex_lines(text, recorder.names()))

    with (
        contextlib.closing(pack(context, dockerfile=dockerfile, max_bytes=max_context_bytes)) as body,
        Request(client, params, body, timeout, on_start) as answer,
    ):
        for message in answer:
            if message.get("id") == "moby.buildkit.trace":
                with contextlib.suppress(WireError, binascii.Error):
                    recorder.feed(base64.b64decode(message["aux"]))
            elif message.get("id") == "moby.image.id":
                recorder.image = message["aux"].get("ID", "")
            elif "error" in message:
                raise failed(message, snapshot())
            if on_update:
                on_update(snapshot())
    return snapshot()


def _params(given: dict[str, Any]) -> dict[str, str]:
    """The query of `POST /build`, from `build`'s arguments."""
    params = {
        "version": "2",
        "rm": "1",
        "t": given["tag"],
        "dockerfile": relative_dockerfile(given["dockerfile"]),
    }
    for name, value in (
        ("target", given["target"]),
        ("networkmode", given["network"]),
        ("platform", given["platform"]),
        ("cgroupparent", given["cgroup_parent"]),
        ("nocache", "1" if given["no_cache"] else ""),
        ("pull", "1" if given["pull"] else ""),
        ("buildargs", json.dumps(dict(given["buildargs"] or {})) if given["buildargs"] else ""),
        ("labels", json.dumps(dict(given["labels"] or {})) if given["labels"] else ""),
        ("ulimits", json.dumps([dict(limit) for limit in given["ulimits"]]) if given["ulimits"] else ""),
    ):
        if value:
            params[name] = value
    return params


class Request:
    """One build request: an iterator of its messages that a deadline or an early exit can cut off."""

    def __init__(
        self,
        client: docker.DockerClient,
        params: dict[str, str],
        body: Any,
        timeout: float | None,
        on_start: Callable[[Callable[[], None]], None] | None,
    ) -> None:
        # docker-py has no public call for a streamed POST with a body; these private ones are long stable.
        self._api: Any = client.api
        self._params, self._body, self._timeout = params, body, timeout
        self._response: requests.Response | None = None
        self._timed_out = False
        self._timer: threading.Timer | None = None
        if on_start:
            on_start(self._cut)

    def __enter__(self) -> Iterator[dict[str, Any]]:
        if self._timeout is not None:
            self._timer = threading.Timer(self._timeout, self._cut)
            self._timer.daemon = True
            self._timer.start()
        try:
            # docker-py adds the session's read timeout unless one is given; a quiet step may take longer.
            self._response = self._api._post(
                self._api._url("/build"),
                params=self._params,
                data=self._body,
                headers={"Content-Type": "application/x-tar"},
                stream=True,
                timeout=(30, self._timeout),
            )
            self._api._raise_for_status(self._response)
        except APIError as error:
            self._close()
            raise EngineRefused(f"The engine refused the build: {error.explanation or error}") from error
        except _GONE as error:
            self._close()
            raise self._gone(error) from error
        except BaseException:
            self._close()
            raise
        if self._timed_out:  # while the context was being sent, there was no response to shut yet
            self._close()
            raise self._gone(None)
        return self._messages()

    def __exit__(self, *_: object) -> None:
        self._close()

    def _messages(self) -> Iterator[dict[str, Any]]:
        assert self._response is not None  # noqa: S101  __enter__ set it
        try:
            for line in self._response.iter_lines(chunk_size=None):
                if line:
                    yield json.loads(line)
        except (*_GONE, AttributeError, ValueError) as error:  # urllib3 trips over a socket that was shut
            raise self._gone(error) from error
        if self._timed_out:
            raise self._gone(None)

    def _gone(self, error: Exception | None) -> Exception:
        if self._timed_out:
            return BuildTimeout(
                f"The build was still running after {self._timeout or 0:.0f} s and was cancelled.",
                hint="Look for a step that waits for something, or that downloads a lot.",
            )
        return EngineGone("The engine stopped answering during the build.", detail=str(error or ""))

    def _cut(self) -> None:
        self._timed_out = True
        self._shut()

    def _close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._shut()
        if self._response is not None:
            self._response.close()

    def _shut(self) -> None:
        # Closing the response waits for, or drains, what the engine still sends; a shut socket does not.
        if self._response is None:
            return
        with contextlib.suppress(Exception):
            raw = self._api._get_raw_response_socket(self._response)
            sock = getattr(raw, "_sock", raw)
            if isinstance(sock, socket.socket):
                sock.shutdown(socket.SHUT_RDWR)
