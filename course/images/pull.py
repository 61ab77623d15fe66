"""Pulls an image by the engine, with progress, deadlines for silence, and errors that say why."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

import docker
import requests
from docker import auth
from docker.errors import APIError

from course.engine.failures import WIRE_ERRORS, engine_errors, translate
from course.engine.labels import STAND_IN
from course.errors import UnknownTag
from course.images.faults import pull_error, silent
from course.images.status import familiar
from course.steps import Step

FIRST_WORD = 20.0  # seconds until a registry that answers at all has said something
SILENCE = 180.0  # seconds without a word, once it has: unpacking a large layer takes a while
HUB = "Docker Hub"
OnStart = Callable[[Callable[[], None]], None]


def mirror() -> str:
    """The registry named by COURSE_REGISTRY, perhaps with a path, or ""."""
    return os.environ.get("COURSE_REGISTRY", "").removeprefix("https://").removeprefix("http://").strip("/")


def registry_of(name: str) -> str:
    """How to call the registry that a reference names."""
    host, _, rest = name.partition("/")
    return host if rest and ("." in host or ":" in host or host == "localhost") else HUB


def from_home(client: docker.DockerClient, name: str, step: Step, *, on_start: OnStart | None = None) -> None:
    """Pulls `name` from the registry it names. Raises PullFailed or EngineError."""
    pull(client, name, step, registry=registry_of(name), on_start=on_start)


def from_mirror(
    client: docker.DockerClient,
    name: str,
    place: str,
    step: Step,
    *,
    stand_ins: bool,
    on_start: OnStart | None = None,
) -> None:
    """Pulls `name` from the mirror `place` and gives it its real name; the mirror's name goes again.

    A mirror that holds the course's own stand-ins counts as having nothing unless `stand_ins`.
    Raises PullFailed or EngineError.
    """
    remote = _from_first(client, name, place, step, on_start)
    try:
        with engine_errors():
            image = client.images.get(remote)
            if image.labels.get(STAND_IN) == name and not stand_ins:
                raise UnknownTag(f"{place} has only a stand-in for {name}.")
            repository, _, tag = name.rpartition(":")
            image.tag(repository, tag)
    finally:
        with contextlib.suppress(*WIRE_ERRORS):
            client.api.remove_image(remote, noprune=True)


def mirror_names(name: str, place: str) -> tuple[str, ...]:
    """Where a mirror may keep `name`: as a pull-through cache of Docker Hub does, or under its bare path."""
    registry = registry_of(name)
    path = name if registry == HUB else name.partition("/")[2]
    if registry == HUB and "/" not in path:
        return f"{place}/library/{path}", f"{place}/{path}"
    if registry == HUB:
        return (f"{place}/{path}",)
    return f"{place}/{registry}/{path}", f"{place}/{path}"


def _from_first(
    client: docker.DockerClient, name: str, place: str, step: Step, on_start: OnStart | None
) -> str:
    *others, last = mirror_names(name, place)
    for remote in others:
        with contextlib.suppress(UnknownTag):
            pull(client, remote, step, registry=place, on_start=on_start)
            return remote
    pull(client, last, step, registry=place, on_start=on_start)
    return last


def pull(
    client: docker.DockerClient,
    reference: str,
    step: Step,
    *,
    registry: str,
    first_word: float = FIRST_WORD,
    silence: float = SILENCE,
    on_start: OnStart | None = None,
) -> None:
    """Pulls `reference`, which names its tag. `first_word` and `silence` are the longest waits, in seconds.
    `on_start` is handed a function that cancels the pull from another thread; it then ends in CancelledError.

    Leaving early closes the connection, which makes the engine give the pull up.
    Raises PullFailed, mostly one of those below it that say why, or EngineError.
    """
    asking = _Asking(client, reference, first_word)
    if on_start:
        on_start(asking.cancel)
    try:
        with asking as response:
            _follow(client, response, silence, Amounts(step), familiar(reference), registry)
    except (*WIRE_ERRORS, AttributeError, ValueError) as error:  # urllib3 trips over a socket that was shut
        if asking.cancelled:
            raise CancelledError from error
        raise _explained(error, familiar(reference), registry, first_word, silence) from error
    if asking.cancelled:
        raise CancelledError


def _follow(
    client: docker.DockerClient,
    response: requests.Response,
    silence: float,
    amounts: Amounts,
    name: str,
    registry: str,
) -> None:
    for message in _messages(client, response, silence):
        if "error" in message:
            raise pull_error(_words(message), name, registry)
        amounts.feed(message)


def _explained(error: Exception, name: str, registry: str, first_word: float, silence: float) -> Exception:
    if isinstance(error, requests.ReadTimeout):
        return silent(name, registry, first_word)
    if isinstance(error, APIError):
        return pull_error(str(error.explanation or error), name, registry)
    if "timed out" in str(error).lower():
        return silent(name, registry, silence)
    return translate(error) if isinstance(error, WIRE_ERRORS) else error


class _Asking:
    """The request for an image, whose answer can be given up at any time: a registry may never say a word.

    It waits for the answer in a thread of its own, because a connection can't be reached, and so not be cut,
    before there is one. A request that was given up closes its connection as soon as it can, or dies with
    the process.
    """

    def __init__(self, client: docker.DockerClient, reference: str, first_word: float) -> None:
        # docker-py's own pull has no timeout at all; its pieces, used here, are private but long stable.
        self._api: Any = client.api
        self._reference, self._first_word = reference, first_word
        self._settled = threading.Event()  # answered, failed or cancelled
        self._lock = threading.Lock()
        self.cancelled = self._closed = False
        self._response: requests.Response | None = None
        self._error: Exception | None = None

    def __enter__(self) -> requests.Response:
        threading.Thread(target=self._ask, name="pull", daemon=True).start()
        try:
            self._settled.wait()
            return self._answer()
        except BaseException:
            self._close()
            raise

    def __exit__(self, *_: object) -> None:
        self._close()

    def cancel(self) -> None:
        """Gives it up; from any thread."""
        self.cancelled = True
        self._settled.set()
        if self._response is not None:
            _shut(self._api, self._response)

    def _answer(self) -> requests.Response:
        if self.cancelled:
            raise CancelledError
        if self._error:
            raise self._error
        assert self._response is not None  # noqa: S101  settled, and no error
        self._api._raise_for_status(self._response)
        return self._response

    def _ask(self) -> None:
        try:
            response = self._post()
        except Exception as error:  # noqa: BLE001  raised again where it is waited for
            self._error = error
        else:
            with self._lock:
                self._response = response
            if self._closed:  # given up meanwhile
                self._close()
        self._settled.set()

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            response = self._response
        if response is not None:
            _shut(self._api, response)
            response.close()

    def _post(self) -> requests.Response:
        repository, _, tag = self._reference.rpartition(":")
        header = auth.get_config_header(self._api, auth.resolve_repository_name(repository)[0])
        response: requests.Response = self._api._post(
            self._api._url("/images/create"),
            params={"fromImage": repository, "tag": tag},
            headers={"X-Registry-Auth": header} if header else None,
            stream=True,
            timeout=(30, self._first_word),
        )
        return response


def _messages(
    client: docker.DockerClient, response: requests.Response, silence: float
) -> Iterator[dict[str, Any]]:
    sock = _socket(client.api, response)
    for line in response.iter_lines(chunk_size=None):
        if sock:
            sock.settimeout(silence)
            sock = None
        if line:
            yield json.loads(line)


def _shut(api: Any, response: requests.Response) -> None:
    # Closing a response drains it first; a shut socket tells the engine at once.
    if sock := _socket(api, response):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _socket(api: Any, response: requests.Response) -> socket.socket | None:
    with contextlib.suppress(Exception):
        raw = api._get_raw_response_socket(response)
        found = getattr(raw, "_sock", raw)
        return found if isinstance(found, socket.socket) else None
    return None


def _words(message: dict[str, Any]) -> str:
    return str((message.get("errorDetail") or {}).get("message") or message["error"])


class Amounts:
    """Adds up the layers' progress."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._layers: dict[str, tuple[int, int]] = {}

    def feed(self, message: dict[str, Any]) -> None:
        detail = message.get("progressDetail") or {}
        if message.get("status") == "Downloading" and detail.get("total"):
            self._layers[message["id"]] = int(detail.get("current") or 0), int(detail["total"])
        elif (
            message.get("status") in ("Download complete", "Pull complete")
            and message.get("id") in self._layers
        ):
            total = self._layers[message["id"]][1]
            self._layers[message["id"]] = total, total
        if self._layers:
            done, total = (sum(amounts) for amounts in zip(*self._layers.values(), strict=True))
            self._step.update(done, total, note="unpacking" if message.get("status") == "Extracting" else "")
