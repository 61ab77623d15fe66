"""The words after `docker`, read as the docker CLI reads them (github.com/docker/cli): one table of commands
and their options. What isn't in it, an exercise doesn't need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checkers.running import WrongAnswer


class Refused(WrongAnswer):
    """A command that a check doesn't carry out: what it asks for is wrong, or not for an exercise."""

    def __init__(
        self, message: str, *, hint: str = "", detail: str = "", misconception: str | None = None
    ) -> None:
        super().__init__(message, hint=hint or "docker COMMAND --help lists what it takes.", detail=detail)
        self.misconception = misconception
        self.line: int | None = None


@dataclass(frozen=True)
class Step:
    """One command that was understood. `verb` is its long spelling: "container rm"."""

    verb: str
    words: tuple[str, ...]  # what isn't an option
    options: Mapping[str, tuple[str, ...]]  # by their long names; a switch that is on holds "true"

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.options.get(name, ("false",))[-1].lower() in {"true", "t", "1"}

    def last(self, name: str, default: str = "") -> str:
        """The value of an option; of several, the last counts."""
        return self.options.get(name, (default,))[-1]


@dataclass(frozen=True)
class _Form:
    values: frozenset[str]
    switches: frozenset[str]
    short: Mapping[str, str]
    least: int
    most: int
    stops: bool  # at the first word that is no option


_MANY = 1000
_STOP = "t/time= timeout= s/signal="
_LIST = "q/quiet f/filter= format= no-trunc"
# One row each: its options (a short letter before the slash, = where a value follows), and how many words.
_TABLE: dict[str, tuple[str, int, int]] = {
    "container start": ("a/attach i/interactive", 1, _MANY),
    "container stop": (_STOP, 1, _MANY),
    "container restart": (_STOP, 1, _MANY),
    "container kill": ("s/signal=", 1, _MANY),
    "container rm": ("f/force v/volumes", 1, _MANY),
    "container wait": ("", 1, _MANY),
    "container logs": ("f/follow n/tail= t/timestamps since= until= details", 1, 1),
    "container cp": ("a/archive q/quiet L/follow-link", 2, 2),
    "container ls": (_LIST + " a/all n/last= l/latest s/size", 0, 0),
    "container port": ("", 1, 2),
    "container inspect": ("f/format= s/size", 1, _MANY),
    "network create": (
        "d/driver= internal subnet= gateway= ip-range= o/opt= label= attachable ipv6 ipv4 scope=", 1, 1,
    ),
    "network connect": ("alias= ip= ip6= link= driver-opt=", 2, 2),
    "network disconnect": ("f/force", 2, 2),
    "network rm": ("f/force", 1, _MANY),
    "network ls": (_LIST, 0, 0),
    "network inspect": ("f/format= v/verbose", 1, _MANY),
    "volume create": ("d/driver= name= label= o/opt=", 0, 1),
    "volume rm": ("f/force", 1, _MANY),
    "volume ls": (_LIST, 0, 0),
    "volume inspect": ("f/format=", 1, _MANY),
    "image build": (
        "t/tag= build-arg= target= no-cache pull q/quiet progress= load label= provenance= f/file= platform=",
        1, 1,
    ),
    "image tag": ("", 2, 2),
    "image push": ("q/quiet", 1, 1),
    "image pull": ("q/quiet platform=", 1, 1),
    "image rm": ("f/force no-prune", 1, _MANY),
    "image ls": (_LIST + " a/all digests", 0, 1),
    "image inspect": ("f/format= platform=", 1, _MANY),
    "inspect": ("f/format= s/size type=", 1, _MANY),
    "version": ("f/format=", 0, 0),
}  # fmt: skip
_EXEC = "d/detach i/interactive t/tty e/env= u/user= w/workdir= privileged env-file= detach-keys="
_SHORTER = {
    **{verb: f"container {verb}" for verb in (
        "run", "create", "start", "stop", "restart", "kill", "rm", "wait", "logs", "cp", "port", "exec",
    )},
    "ps": "container ls", "build": "image build", "tag": "image tag", "push": "image push",
    "pull": "image pull", "rmi": "image rm", "images": "image ls",
    "container ps": "container ls", "container list": "container ls", "container remove": "container rm",
    "network list": "network ls", "network remove": "network rm",
    "volume list": "volume ls", "volume remove": "volume rm",
    "image list": "image ls", "image remove": "image rm",
    "buildx build": "image build", "builder build": "image build", "buildx b": "image build",
}  # fmt: skip
RUNS = {"container run", "container create"}
"""Their options are many: `flags` reads them."""
_GROUPS = {"container", "network", "volume", "image", "system", "builder", "buildx", "compose", "context"}
_OTHERS = "It would take what others need, too: whatever isn't in use just now."
_REFUSED = {
    "system prune": _OTHERS,
    "container prune": _OTHERS,
    "network prune": _OTHERS,
    "volume prune": _OTHERS,
    "image prune": _OTHERS,
    "builder prune": _OTHERS,
    "swarm": "It changes the whole engine.",
    "plugin": "It changes the whole engine.",
    "context": "The check has an engine of its own.",
    "login": "The task needs nobody's account.",
}


def step(words: Sequence[str]) -> Step:
    """Reads a command. For `run` and `create`, all words after them are left as they are.

    Raises Refused for what docker, or this checker, doesn't take.
    """
    if not words or words[0].startswith("-"):
        raise Refused(
            f"docker {' '.join(words[:2])} names no command." if words else "docker alone does nothing.",
            hint="docker COMMAND …; options of docker itself are not needed here.",
        )
    verb, rest = (" ".join(words[:2]), words[2:]) if words[0] in _GROUPS else (words[0], words[1:])
    verb = _SHORTER.get(verb, verb)
    for refused, why in _REFUSED.items():
        if verb == refused or verb.startswith(f"{refused} "):
            raise Refused(f"docker {verb} is not for this task. {why}", hint="Remove by name what you made.")
    if verb in RUNS:
        return Step(verb, tuple(rest), {})
    form = _form(verb)
    plain, options = _read(verb, form, list(rest))
    if not form.least <= len(plain) <= form.most:
        wanted = f"{form.least}" if form.least == form.most else f"at least {form.least}"
        raise Refused(f"docker {verb} takes {wanted} words besides its options, and got {len(plain)}.")
    return Step(verb, tuple(plain), {name: tuple(values) for name, values in options.items()})


def _form(verb: str) -> _Form:
    if verb == "container exec":
        text, least, most = _EXEC, 2, _MANY
    elif verb in _TABLE:
        text, least, most = _TABLE[verb]
    else:
        raise Refused(
            f"docker {verb[:60]} is no command that this task needs.",
            hint="docker --help lists all; mind the spelling.",
        )
    values: set[str] = set()
    switches: set[str] = set()
    short = {}
    for word in text.split():
        letter, _, name = word.rpartition("/")
        (values if name.endswith("=") else switches).add(name.rstrip("="))
        if letter:
            short[letter] = name.rstrip("=")
    return _Form(frozenset(values), frozenset(switches), short, least, most, verb == "container exec")


def _read(verb: str, form: _Form, rest: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    plain: list[str] = []
    options: dict[str, list[str]] = {}
    while rest:
        word = rest.pop(0)
        if word == "--":
            plain += rest
            break
        if not word.startswith("-") or word == "-":
            plain.append(word)
            if form.stops:
                plain += rest
                break
            continue
        for name, value in _options(verb, form, word, rest):
            options.setdefault(name, []).append(value)
    return plain, options


def _options(verb: str, form: _Form, word: str, rest: list[str]) -> list[tuple[str, str]]:
    """The options in one word; a value may be the next one."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        if name in form.switches:
            return [(name, value if equals else "true")]
        if name not in form.values:
            raise Refused(f"docker {verb} has no option --{name[:60]} that this task needs.")
        return [(name, value if equals else _next(verb, word, rest))]
    found = []
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = form.short.get(letter, "")
        if not name:
            raise Refused(f"docker {verb} has no option -{letter} that this task needs.")
        if name in form.switches and not letters.startswith("="):
            found.append((name, "true"))
            continue
        found.append((name, letters.removeprefix("=") if letters else _next(verb, f"-{letter}", rest)))
        break
    return found


def _next(verb: str, word: str, rest: list[str]) -> str:
    if not rest:
        raise Refused(f"The option {word} of docker {verb} needs a value.")
    return rest.pop(0)
