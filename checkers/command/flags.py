"""The options of `docker run`, read as the docker CLI reads them (github.com/docker/cli, opts and pflag).

Only what an exercise can ask for is taken. What would reach past the container is refused by name: this
command is done on the learner's own engine, or on a classroom's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from checkers.running import WrongAnswer

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_SHORT = {
    "d": "detach", "m": "memory", "c": "cpu-shares", "e": "env", "h": "hostname", "i": "interactive",
    "l": "label", "t": "tty", "u": "user", "w": "workdir", "q": "quiet", "v": "volume", "p": "publish",
    "P": "publish-all", "a": "attach",
}  # fmt: skip
_SWITCHES = {
    "detach", "interactive", "tty", "rm", "init", "read-only", "quiet", "privileged", "publish-all",
    "sig-proxy", "oom-kill-disable", "no-healthcheck",
}  # fmt: skip
_DANGEROUS = {
    "privileged": "it gives the container the whole machine",
    "volume": "the task needs no folder of the host",
    "mount": "the task needs no folder of the host",
    "volumes-from": "the task needs no other container's files",
    "device": "the task needs no device of the host",
    "device-cgroup-rule": "the task needs no device of the host",
    "gpus": "the task needs no device of the host",
    "cap-add": "the task needs no further rights",
    "pid": "it shows the container other processes",
    "ipc": "it shares memory with others",
    "uts": "it shares the host's name",
    "userns": "it gives up the container's own users",
    "cgroup-parent": "it puts the container beneath other limits",
    "cgroupns": "it shows the container other limits",
    "runtime": "the task needs no other runtime",
    "security-opt": "the task needs no other protection than the default",
    "publish": "nothing listens here, and a port of the host may be taken",
    "publish-all": "nothing listens here, and a port of the host may be taken",
    "sysctl": "the task needs no kernel setting",
    "oom-kill-disable": "a container over its memory limit would hang",
}


@dataclass
class RunCommand:
    """A `docker run` that was understood. `options` are docker-py's arguments."""

    image: str = ""
    command: list[str] = field(default_factory=list)
    name: str = ""
    detached: bool = False
    removed: bool = False  # --rm
    options: dict[str, Any] = field(default_factory=dict)


def parse(arguments: list[str]) -> RunCommand:
    """Reads what stands after `docker run`. Raises WrongAnswer for what docker, or this checker, refuses."""
    found = RunCommand()
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        for name, value in _split(word, rest):
            _take(found, name, value)
    if not rest:
        raise WrongAnswer("The docker run command names no image.", hint="docker run OPTIONS IMAGE COMMAND")
    found.image, found.command = rest[0], rest[1:]
    return found


def bytes_of(text: str) -> int:
    """A size as docker reads it: 64m, 64MB and 64MiB are all 64 · 1024 · 1024 bytes. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"invalid size: {text!r}")
    scale = 1024 ** " kmgtp".index(match[2].lower() or " ")
    return int(float(match[1]) * scale)


def _split(word: str, rest: list[str]) -> list[tuple[str, str]]:
    """The options in one word: --name=value, --name value, -m64m, -m=64m, -dit. Values come from `rest`."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = "true" if name in _SWITCHES else _next(word, rest)
        return [(name, value)]
    found: list[tuple[str, str]] = []
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _SHORT.get(letter, "")
        if not name:
            raise WrongAnswer(f"docker run has no option -{letter}.", hint="docker run --help lists them.")
        if name in _SWITCHES and not letters.startswith("="):
            found.append((name, "true"))
            continue
        found.append((name, letters.removeprefix("=") if letters else _next(f"-{letter}", rest)))
        letters = ""
    return found


def _next(word: str, rest: list[str]) -> str:
    if not rest:
        raise WrongAnswer(f"The option {word} needs a value.", hint="docker run --help lists them.")
    return rest.pop(0)


def _take(found: RunCommand, name: str, value: str) -> None:
    if name in _DANGEROUS:
        if name in _SWITCHES and value.lower() in {"false", "f", "0"}:
            return
        raise WrongAnswer(
            f"--{name} is not for this task: {_DANGEROUS[name]}.",
            hint="Leave it out. Ask for no more than is needed.",
        )
    if name in {"network", "net"} and (value == "host" or value.startswith("container:")):
        raise WrongAnswer(f"--network {value} gives up the container's own network.", hint="Leave it out.")
    taker = _TAKERS.get(name)
    if taker is None:
        raise WrongAnswer(
            f"--{name} is no option of docker run that this task needs.",
            hint="docker run --help lists them; mind the spelling.",
        )
    try:
        taker(found, value)
    except ValueError as error:
        raise WrongAnswer(
            f"docker run refuses --{name} {value!r}: {error}", hint="docker run --help shows what it takes."
        ) from error


def _set(key: str, convert: Callable[[str], Any] = str) -> Callable[[RunCommand, str], None]:
    def take(found: RunCommand, value: str) -> None:
        found.options[key] = convert(value)

    return take


def _add(key: str) -> Callable[[RunCommand, str], None]:
    def take(found: RunCommand, value: str) -> None:
        name, equals, text = value.partition("=")
        if (
            key != "environment" or equals
        ):  # -e NAME alone takes it from the caller's environment, if it is there
            found.options.setdefault(key, {})[name] = text

    return take


def _ignore(found: RunCommand, value: str) -> None:
    """Nothing that the finished container shows."""


def _restart(text: str) -> dict[str, Any]:
    name, colon, count = text.partition(":")
    if name not in {"no", "always", "unless-stopped", "on-failure", ""} or (colon and name != "on-failure"):
        raise ValueError(f"there is no restart policy {text!r}")
    return {"Name": name, "MaximumRetryCount": int(count) if count else 0}


def _truth(text: str) -> bool:
    if text.lower() in {"true", "t", "1"}:
        return True
    if text.lower() in {"false", "f", "0"}:
        return False
    raise ValueError("it takes true or false")


def _nano(text: str) -> int:
    return round(float(text) * 1e9)


def _name(found: RunCommand, value: str) -> None:
    if not re.fullmatch(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+", value):
        raise ValueError("a name has letters, digits, and _ . - after the first")
    found.name = value.removeprefix("/")


def _detach(found: RunCommand, value: str) -> None:
    found.detached = _truth(value)


def _rm(found: RunCommand, value: str) -> None:
    found.removed = _truth(value)


_TAKERS: dict[str, Callable[[RunCommand, str], None]] = {
    "name": _name,
    "detach": _detach,
    "rm": _rm,
    "memory": _set("mem_limit", bytes_of),
    "memory-swap": _set("memswap_limit", lambda text: -1 if text == "-1" else bytes_of(text)),
    "memory-reservation": _set("mem_reservation", bytes_of),
    "cpus": _set("nano_cpus", _nano),
    "cpu-shares": _set("cpu_shares", int),
    "cpu-quota": _set("cpu_quota", int),
    "cpu-period": _set("cpu_period", int),
    "pids-limit": _set("pids_limit", int),
    "restart": _set("restart_policy", _restart),
    "hostname": _set("hostname"),
    "user": _set("user"),
    "workdir": _set("working_dir"),
    "entrypoint": _set("entrypoint"),
    "stop-signal": _set("stop_signal"),
    "interactive": _set("stdin_open", _truth),
    "tty": _set("tty", _truth),
    "init": _set("init", _truth),
    "read-only": _set("read_only", _truth),
    "env": _add("environment"),
    "label": _add("labels"),
    **dict.fromkeys(
        ("network", "net", "quiet", "pull", "attach", "sig-proxy", "log-driver", "log-opt", "platform",
         "cap-drop", "ulimit", "stop-timeout", "cidfile", "tmpfs", "expose", "no-healthcheck"),
        _ignore,
    ),
}  # fmt: skip
