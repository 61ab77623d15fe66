"""One `POST /build`: the body goes out as it is made, the answer's messages come in; both can be cut off."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import docker
import requests
from docker.errors import APIError

from course.errors import BuildTimeout, EngineGone, EngineRefused

_GONE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError, OSError)
_NAMES = "A name is of small letters, digits and . _ - /; a tag may follow a colon, as in shop/app:1.0"


class Request:
    """One build request: an iterator of its messages that a deadline or an early exit can cut off."""

    def __init__(
        self,
        client: docker.DockerClient,
        params: Mapping[str, str],
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
            words = str(error.explanation or error)
            hint = _NAMES if "invalid reference format" in words else ""
            raise EngineRefused(f"The engine refused the build: {words}", hint=hint) from error
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
