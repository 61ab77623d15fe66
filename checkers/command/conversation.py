"""A script that is being run, and the checker that answers its `docker` calls.

The script is the learner's, so it runs in a container of its own, without a network and within the limits. A
real shell does what only a shell can: variables, quotes, loops, `$(…)`, `||`. There, `docker` is a stand-in
that asks here; what it is told, it prints, and ends with the code that it is told.
"""

from __future__ import annotations

import functools
import io
import json
import queue
import struct
import tarfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checkers.attempt import Attempt
from checkers.command import wire
from checkers.command.inside import relay, stand_in

IMAGE = "python:3.13-slim"
"""Where scripts run: it needs bash, sh and python."""
HOME = "/answer"
"""The learner's folder, as their script sees it."""
CALLS_MAX, MESSAGE_MAX = 100, 40 * 1024 * 1024
_CALL = struct.Struct(">II")
_ENDING_MAX = 4000  # characters of what the script printed
# The line is that of the command: a trap that every part of the script inherits notes it. At the end, what
# was left in the background is waited for. $0 is the script, as it expects.
_BASH = "set -T; trap 'export COURSE_LINE=$LINENO' DEBUG; trap wait EXIT; source \"$0\""
_SUDO = '#!/bin/sh\nexec "$@"\n'


@dataclass
class Call:
    """One `docker` of the script, with the means to answer it."""

    words: list[str]
    folder: str  # where it was called
    line: int  # of the script; 0 if that isn't known
    environment: dict[str, str]
    container: Any  # the script's own, docker-py's
    _send: Callable[[dict[str, Any], bytes], None]
    _heard: queue.Queue[bytes] = field(default_factory=queue.Queue)
    over: threading.Event = field(default_factory=threading.Event)
    """The script, or its time, is over."""
    _closing: list[Callable[[], None]] = field(default_factory=list)

    def out(self, data: bytes) -> None:
        """Prints on its standard output."""
        self._send({"to": 1}, data)

    def err(self, data: bytes) -> None:
        """Prints on its standard error."""
        self._send({"to": 2}, data)

    def end(self, code: int) -> None:
        """Ends it."""
        self._send({"code": code}, b"")

    def when_over(self, close: Callable[[], None]) -> None:
        """Calls `close` when the script, or its time, is over."""
        self._closing.append(close)
        if self.over.is_set():
            close()

    def finish(self) -> None:
        """Its script, or its time, is over."""
        self.over.set()
        for close in list(self._closing):
            close()

    def make_folder(self, path: str) -> None:
        """Makes a folder where the script runs, as docker does for a bind mount."""
        self.container.exec_run(["mkdir", "-p", "--", path])

    def stdin(self) -> bytes:
        """All that is piped into it, at most `stand_in.STDIN_MAX` bytes."""
        self._send({"wants": "stdin"}, b"")
        while not self.over.is_set():
            try:
                return self._heard.get(timeout=0.2)
            except queue.Empty:
                continue
        return b""


@dataclass(frozen=True)
class Ended:
    """How the script ended. `code` is None where its time was over."""

    code: int | None
    said: str  # the end of what it printed
    running: list[Call]  # calls that weren't answered yet


def container(attempt: Attempt, folder: str, script: str, arguments: Sequence[str]) -> Any:
    """A container for the script, not started. `folder` is the volume with the learner's files."""
    made = attempt.create(
        IMAGE,
        ["python", "-ISu", "/course/relay.py", "bash", "-c", _BASH, f"{HOME}/{script}", *arguments],
        working_dir=HOME,
        network=None,
        network_mode="none",
        stdin_open=True,
        log_config={"Type": "none"},  # its output is messages
        volumes={folder: {"bind": HOME, "mode": "rw,nocopy"}},
    )
    made.put_archive("/", _programs())
    return made


def hold(attempt: Attempt, made: Any, answer: Callable[[Call], None], seconds: float) -> Ended:
    """Starts the container and answers its calls, each in a thread of its own, until the script ends.

    Raises what `answer` raises.
    """
    line = wire.attach(attempt.client, str(made.id), stdin=True)
    talk = _Talk(line, made, answer)
    watch = threading.Timer(seconds, talk.stop)
    try:
        running = attempt.start(made)
        watch.start()
        talk.listen()
    finally:
        watch.cancel()
        talk.stop()
        talk.join()
    if talk.errors:
        raise talk.errors[0]
    code = None if talk.late else running.wait_exit(attempt.limits.run)
    return Ended(code, talk.said.decode("utf-8", "replace")[-_ENDING_MAX:].strip(), talk.open())


class _Talk:
    """The messages of one script."""

    def __init__(self, line: wire.Wire, container: Any, answer: Callable[[Call], None]) -> None:
        self._line, self._container, self._answer = line, container, answer
        self._calls: dict[int, Call] = {}
        self._threads: list[threading.Thread] = []
        self._finished: set[int] = set()
        self._ended = False
        self.errors: list[BaseException] = []
        self.said = b""
        self.late = False

    def listen(self) -> None:
        """Until the script's container ends, or `stop`."""
        waiting = b""
        for stream, data in self._line.frames():
            if stream == wire.STDERR:
                self.said = (self.said + data)[-4 * _ENDING_MAX :]
                continue
            waiting += data
            while len(waiting) >= _CALL.size:
                number, count = _CALL.unpack_from(waiting)
                if count > MESSAGE_MAX:  # no stand-in of ours sends that
                    return
                if len(waiting) < _CALL.size + count:
                    break
                self._take(number, waiting[_CALL.size : _CALL.size + count])
                waiting = waiting[_CALL.size + count :]
        self._ended = True

    def stop(self) -> None:
        """Ends it all: calls that wait, and the connection."""
        self.late = self.late or not (self._ended or self.errors)
        for call in list(self._calls.values()):
            call.finish()
        self._line.close()

    def join(self) -> None:
        """Waits for the answers that are being given."""
        for thread in self._threads:
            thread.join()

    def open(self) -> list[Call]:
        """The calls without an answer."""
        return [call for number, call in self._calls.items() if number not in self._finished]

    def _take(self, number: int, message: bytes) -> None:
        head, _, data = message.partition(b"\0")
        if number in self._calls:
            self._calls[number]._heard.put(data)
            return
        try:
            said = json.loads(head)
            words, folder, where = list(map(str, said["words"])), str(said["folder"]), int(said["line"])
            around = {str(key): str(value) for key, value in said["environment"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # the script has found our socket; whatever it says there is no call
        call = Call(words, folder, where, around, self._container, functools.partial(self._send, number))
        self._calls[number] = call
        thread = threading.Thread(target=self._reply, args=(number, call), name="docker call", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _reply(self, number: int, call: Call) -> None:
        try:
            self._answer(call)
        except BaseException as error:  # noqa: BLE001  raised again where the script was started
            self.errors.append(error)
            self.stop()
        else:
            self._finished.add(number)

    def _send(self, number: int, head: dict[str, Any], data: bytes) -> None:
        packed = json.dumps(head).encode() + b"\0" + data
        self._line.send(_CALL.pack(number, len(packed)) + packed)


def _programs() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in (
            ("usr/bin/docker", "#!/usr/local/bin/python -ISu\n" + _source(stand_in)),
            ("usr/bin/sudo", _SUDO),
            ("course/relay.py", _source(relay)),
        ):
            entry = tarfile.TarInfo(name)
            data = text.encode()
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _source(module: Any) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")
