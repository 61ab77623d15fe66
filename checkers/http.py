"""Asks a container something over HTTP, from the attempt's cage: nothing is needed in the learner's image,
and nothing is published on the host."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from checkers.attempt import Attempt
from checkers.cage import IMAGE, Cage
from checkers.running import Running
from course.errors import CourseError

_BODY_MAX = 64 * 1024
# busybox wget: headers of the answer on standard error, the body on standard output. No -q: it hides both.
_ASK = 'wget -S -T 3 -O - "$1" | head -c "$2"'
_STATUS = re.compile(r"HTTP/\d\.\d (\d{3})")
# Seconds after which to look at what listens, and whether a listener on another port settles it, too. An app
# that listens for itself alone won't change its mind; one on another port may open ours a little later.
_LOOKS = ((2.0, False), (6.0, True))
_RESOLVER = "127.0.0.11"  # Docker's own, in every container of a user-defined network
_LISTEN = "0A"  # the state's number in /proc/net/tcp


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `status` is 0 where there was none; `error` then says why."""

    status: int
    body: str = ""
    error: str = ""


@dataclass(frozen=True)
class Listener:
    """A socket that waits for connections."""

    address: str  # "0.0.0.0", "127.0.0.1", "::"
    port: int

    @property
    def local(self) -> bool:
        """Whether nobody outside the container can reach it."""
        return self.address.startswith("127.") or self.address == "::1"

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def get(cage: Cage, url: str) -> Answer:
    """One request from the cage, at most 3 s for each wait."""
    output = cage.run(_ASK, url, str(_BODY_MAX))
    status = _STATUS.findall(output.err)
    if status:
        return Answer(int(status[-1]), output.out)
    lines = [line for line in output.err.splitlines() if line.startswith("wget:")]
    return Answer(0, "", (lines or [output.err.strip()])[-1].removeprefix("wget: "))


def get_once(attempt: Attempt, running: Running, url: str) -> Answer:
    """One request, to a container that has answered before."""
    return get(attempt.cage, url)


def wait_for_answer(attempt: Attempt, running: Running, url: str) -> Answer:
    """The first answer with any status within the run deadline; the last failure if there is none.

    Returns early if the container ends, or listens only where it can't be reached.
    """
    cage, port = attempt.cage, urlsplit(url).port or 80
    last = Answer(0, error="nothing answered")
    looks = [(time.monotonic() + after, elsewhere) for after, elsewhere in _LOOKS]

    def settled() -> bool:
        nonlocal last
        last = get(cage, url)
        if last.status != 0 or not running.state()["Running"]:
            return True
        if looks and time.monotonic() > looks[0][0]:
            _, elsewhere = looks.pop(0)
            found = listeners(attempt, running)
            here = [one for one in found if one.port == port]
            return all(one.local for one in here) if here else elsewhere and bool(found)
        return False

    running.until(settled, attempt.limits.run)
    return last


def listeners(attempt: Attempt, running: Running) -> list[Listener]:
    """What listens inside the container, read from its network namespace by a container of ours.

    Nothing, if it has ended."""
    try:
        looker = attempt.run(
            IMAGE,
            ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
            network=None,
            network_mode=f"container:{running.container.id}",
        )
    except CourseError:
        if running.state()["Running"]:
            raise
        return []  # it ended a moment ago, and took its namespace with it
    looker.wait_exit(attempt.limits.run)
    found = parse_listeners(looker.container.logs(stderr=False).decode("ascii", "replace"))
    return [one for one in found if one.address != _RESOLVER]


def parse_listeners(table: str) -> list[Listener]:
    """The listening sockets in the text of /proc/net/tcp and tcp6."""
    found = []
    for line in table.splitlines():
        words = line.split()
        if len(words) > 3 and words[3] == _LISTEN:
            address, _, port = words[1].partition(":")
            found.append(Listener(_address(address), int(port, 16)))
    return found


def _address(text: str) -> str:
    raw = bytes.fromhex(text)
    # The kernel prints 32-bit words in the machine's own order; Docker's are little-endian.
    words = [raw[start : start + 4][::-1] for start in range(0, len(raw), 4)]
    if len(words) == 1:
        return ".".join(str(byte) for byte in words[0])
    joined = b"".join(words)
    if joined == bytes(16):
        return "::"
    return "::1" if joined == bytes(15) + b"\x01" else joined.hex(":", 2)
