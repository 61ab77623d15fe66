"""All that a review has looked at, for the advisers to judge: plain data, which a test makes by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checkers.http import Listener
from checkers.processes import Process
from checkers.review.secrets import Found
from checkers.rules.health import Result
from course.dockerfile import Instruction, parse
from course.layers import Image
from course.trace import Build, CacheStory


@dataclass(frozen=True)
class Sent:
    """A file that the build is given."""

    size: int
    copied: int | None = None  # the line of the first COPY, ADD or mount that takes it


@dataclass(frozen=True)
class Base:
    """An image that a FROM names."""

    name: str  # with its arguments filled in
    line: int
    digest: str = ""  # what the tag stands for today; "" where nobody could be asked


@dataclass(frozen=True)
class Stop:
    """How `docker stop` ended the container."""

    killed: bool
    seconds: float
    signal: str = "SIGTERM"


@dataclass(frozen=True)
class Health:
    """What the health check said, on its own in a closed network."""

    results: tuple[Result, ...] = ()
    healthy: bool = False
    absent: tuple[int, ...] = ()  # exit codes of the checks where the app was never started
    frozen: tuple[int, ...] = ()  # and of those while every process of the app stood still


@dataclass(frozen=True)
class Ran:
    """A container of the image."""

    ending: str = ""  # how it ended by itself, "" if it didn't
    log: str = ""
    listeners: tuple[Listener, ...] = ()
    processes: tuple[Process, ...] = ()
    stop: Stop | None = None
    health: Health | None = None


@dataclass(frozen=True)
class Linted:
    """A finding of hadolint."""

    rule: str
    level: str
    line: int
    message: str


@dataclass(frozen=True)
class Compose:
    """A Compose file, as Compose itself resolved it."""

    file: str
    text: str
    config: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""  # why Compose refused it

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """Name → what is set."""
        return self.config.get("services") or {}


@dataclass(frozen=True)
class Seen:
    """See the module. What could not be had is empty, or None."""

    dockerfile: str = "Dockerfile"
    text: str = ""
    ignore_file: str = ""
    context: Mapping[str, Sent] = field(default_factory=dict)
    secrets: tuple[Found, ...] = ()  # in files of the context
    digests: Mapping[str, str] = field(
        default_factory=dict
    )  # xxh3-128 of a content → its path in the context
    bases: tuple[Base, ...] = ()
    build: Build | None = None
    image: Image | None = None
    below: int = 0  # how many of the image's layers are its base's
    config: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[str, ...] = ()  # how the engine writes each step
    files: Mapping[str, bytes] = field(default_factory=dict)  # read from the image: path → content
    edited: str = ""
    story: CacheStory | None = None
    ran: Ran | None = None
    linted: tuple[Linted, ...] = ()
    compose: Compose | None = None

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """Of the Dockerfile."""
        return parse(self.text)

    def last(self, *keywords: str) -> int | None:
        """The line of the last instruction of such a keyword, to point at."""
        return next((one.line for one in reversed(self.instructions) if one.keyword in keywords), None)

    @property
    def serves(self) -> bool:
        """Whether it is a service: something listens, or the image says that something will."""
        heard = bool(self.ran and self.ran.listeners)
        return heard or bool(self.config.get("ExposedPorts") or self.config.get("Healthcheck"))
