"""Where a script's commands are carried out: names of its own on the engine, which nobody else can meet.

What the script calls `store` is, on the engine, a container with the attempt's random name; the same goes for
networks, volumes and images. It can name nothing but what it made itself, so it can harm nothing else.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from docker.errors import APIError, NotFound

from checkers.attempt import Attempt
from checkers.command.conversation import Call
from checkers.command.flags import RunCommand
from checkers.command.words import Refused
from checkers.limits import size
from checkers.running import Running

DEFAULT_BRIDGE = "bridge"
THINGS_MAX = 12  # of each kind
_NAME_MAX = 128


class Says(Exception):
    """What docker prints instead of doing something; the script goes on with its exit code."""

    def __init__(self, words: str, code: int = 1) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class Box:
    """A container of the script. `name` is the script's name for it, "" if it gave none."""

    id: str
    name: str
    real: str
    command: RunCommand
    running: Running
    networks: list[str] = field(default_factory=list)  # by the script's names
    nameless: list[str] = field(default_factory=list)  # volumes that only this container knows

    @property
    def title(self) -> str:
        """What docker shows as its name."""
        return self.name or self.real


@dataclass(frozen=True)
class Net:
    """A network of the script. `inner`: it asked for no way out."""

    name: str
    real: str
    inner: bool = False

    @property
    def default(self) -> bool:
        """Whether it stands for the default bridge, where names don't resolve."""
        return self.name == DEFAULT_BRIDGE


class Stage:
    """The script's things. `images` are those that it may use, beside those that it makes."""

    def __init__(self, attempt: Attempt, images: Iterable[str]) -> None:
        self.attempt = attempt
        self.registry = ("", "")
        """The address of the task's registry, as the script writes it, and of the check's."""
        self.images = {full(image) for image in images}
        self.boxes: dict[str, Box] = {}
        self.networks: dict[str, Net] = {}
        self.volumes: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.work = attempt.volume()
        """The learner's folder, where the script runs."""
        self.stranger = secrets.token_hex(32)
        """The ID of a container, image, network and volume of somebody else, as lists show them."""
        self.overfull = False
        self.notes: list[str] = []
        """What docker refused, a line each, as the script saw it."""
        self.lock = threading.RLock()
        self._names: dict[str, str] = {self.work: "the-folder"}
        self._guarded, self._door = False, ""

    # Names ------------------------------------------------------------------------------------------

    def called(self, real: str, name: str) -> None:
        """From now on `real` is shown as `name`."""
        self._names[real] = name

    def shown(self, text: str) -> str:
        """The engine's words, with the script's own names in them."""
        for real, name in sorted(self._names.items(), key=lambda item: -len(item[0])):
            text = re.sub(re.escape(real) + r"(?!\d)", lambda _, name=name: name, text)  # type: ignore[misc]
        return text

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """The engine's record of something, with the script's own names in it."""
        return dict(json.loads(self.shown(json.dumps(record))))

    def box(self, word: str) -> Box:
        """The container of that name or ID."""
        self.not_others(word)
        found = [box for box in self.boxes.values() if word in {box.title, f"/{box.title}", box.id}]
        found = found or [box for id, box in self.boxes.items() if word and id.startswith(word)]
        if len(found) != 1:
            raise Says(f"Error response from daemon: No such container: {word[:_NAME_MAX]}")
        return found[0]

    def network(self, word: str) -> Net:
        """The network of that name."""
        self.not_others(word)
        if word in {DEFAULT_BRIDGE, "default"}:
            return self._default_bridge()
        if word not in self.networks:
            raise Says(f"Error response from daemon: network {word[:_NAME_MAX]} not found")
        return self.networks[word]

    def volume(self, word: str) -> str:
        """The volume of that name, by its real one."""
        self.not_others(word)
        if word not in self.volumes:
            raise Says(f"Error response from daemon: get {word[:_NAME_MAX]}: no such volume")
        return self.volumes[word]

    def image(self, word: str) -> str:
        """The image of that name, by its real one."""
        self.not_others(word)
        name = full(word)
        if name in self.tags:
            return self.tags[name]
        if name in self.images:
            return word
        raise Says(f"Error response from daemon: No such image: {word[:_NAME_MAX]}")

    def hosted(self, name: str) -> str:
        """The same image in the check's own registry, if the script's name is of the task's; else ""."""
        host, slash, rest = name.partition("/")
        asked, real = self.registry
        return f"{real}/{rest}" if slash and asked and host == asked else ""

    def not_others(self, word: str) -> None:
        """Raises Refused for what a list showed as somebody else's."""
        if len(word) >= 12 and self.stranger.startswith(word):
            raise Refused(
                "This would hit everything on the machine, not only what the script made.",
                hint="A list without a filter shows others' things, too. Name your own.",
            )

    def settle(self) -> None:
        """Forgets the containers that the engine has removed by itself (--rm)."""
        for box in [one for one in self.boxes.values() if one.command.removed]:
            try:
                box.running.state()
            except NotFound:
                self.boxes.pop(box.id, None)

    def note(self, call: Call, text: str) -> None:
        """Prints on the call's standard error, with the script's own names, and remembers it."""
        text = self.shown(text)
        self.notes.append(f"line {call.line}: docker {' '.join(call.words)[:100]}\n  {text[:300]}")
        call.err(f"{text}\n".encode())

    # Making -----------------------------------------------------------------------------------------

    def room_for_one_more(self, kind: str, things: Iterable[object]) -> None:
        """Raises Refused where a script has made too many."""
        if len(list(things)) >= THINGS_MAX:
            raise Refused(f"The script makes more than {THINGS_MAX} {kind}s.", hint="Is there a loop?")

    def new_volume(self, name: str = "") -> str:
        """A volume with the script's name for it; without one, a container's own. Returns the real name."""
        with self.lock:
            if name and name in self.volumes:
                return self.volumes[name]
            self.room_for_one_more("volume", self.volumes)
            real = self.attempt.volume()
            self.called(real, name or secrets.token_hex(32))
            if name:
                self.volumes[name] = real
            return real

    def new_network(self, name: str, inner: bool, **options: Any) -> Net:
        """A network with the script's name for it. None of them has a way out."""
        with self.lock:
            if name in self.networks:
                raise Says(f"Error response from daemon: network with name {name} already exists")
            self.room_for_one_more("network", self.networks)
            real = self.attempt.new_network(**options)
            self.called(real, name)
            self.networks[name] = Net(name, real, inner)
            return self.networks[name]

    def _default_bridge(self) -> Net:
        with self.lock:
            if DEFAULT_BRIDGE not in self.networks:
                self.new_network(DEFAULT_BRIDGE, inner=False)
            return self.networks[DEFAULT_BRIDGE]

    @property
    def opened(self) -> str:
        """The door, or "" if nothing is published."""
        return self._door

    @property
    def door(self) -> str:
        """The network through which ports are published. It has no way out, and nobody meets there."""
        with self.lock:
            self._door = self._door or self._new_door()
            return self._door

    def _new_door(self) -> str:
        options = {
            "com.docker.network.bridge.enable_ip_masquerade": "false",
            "com.docker.network.bridge.enable_icc": "false",
        }
        return self.attempt.new_network(internal=False, options=options)

    # Limits -----------------------------------------------------------------------------------------

    def guard(self) -> None:
        """From now on, what fills the volumes is killed: no engine limits them."""
        with self.lock:
            if self._guarded:
                return
            self._guarded = True
        guard = self.attempt.disk_guard(self._kill_if_overfull)
        guard.__enter__()
        self.attempt.at_end(lambda: guard.__exit__(None, None, None))

    def _kill_if_overfull(self) -> None:
        reals = [self.work, *self.volumes.values(), *(v for box in self.boxes.values() for v in box.nameless)]
        looker = self.attempt.run(
            "busybox:1.37",
            ["du", "-sk", *(f"/volumes/{real}" for real in reals)],
            network=None,
            network_mode="none",
            volumes={real: {"bind": f"/volumes/{real}", "mode": "ro"} for real in reals},
        )
        looker.wait_exit(self.attempt.limits.run)
        used = sum(int(line.split()[0]) for line in looker.logs().splitlines() if line.split()[0].isdecimal())
        if used * 1024 > self.attempt.limits.disk / 2:
            self.overfull = True
            for box in list(self.boxes.values()):
                quietly(box.running.container.kill)

    def check_overfull(self) -> None:
        """Raises Refused if the volumes had to be defended."""
        if self.overfull:
            raise Refused(
                f"A container wrote more than {size(self.attempt.limits.disk)} into its volumes.",
                hint="Look for a command that writes without end.",
            )


def full(image: str) -> str:
    """An image's name as one compares it: with its tag, without what is understood."""
    name = image.removeprefix("docker.io/").removeprefix("library/")
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"


def quietly(step: Callable[[], object]) -> None:
    """Does it; the engine may have been faster."""
    try:
        step()
    except APIError:
        return
