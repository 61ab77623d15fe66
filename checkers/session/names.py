"""The script's names for things and the engine's: what the script calls `store` is, on the engine,
`course-check-…_store`. Nobody else's things have such names, so it can name nothing but its own."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

BRIDGE = "bridge"
"""The default bridge. For a script it is a network of the attempt's own, on which names don't resolve."""
_HEX = re.compile(r"[0-9a-f]{2,64}")
# Of github.com/distribution/reference, without what a path could climb by: /../ is none of its components.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"[\w.-]+(?::\d+)?(?:/{_COMPONENT})+(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII
)
_KNOWN_HOSTS = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "library/")


@dataclass
class Names:
    """See the module. Safe for threads."""

    prefix: str
    images: frozenset[str]  # that the script may run, by their full names
    registry: str = ""  # host:port of the one registry that it may push to; "" for none
    tags: set[str] = field(default_factory=set)  # full names of the images that it, or the task, has made
    _ids: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0

    def real(self, name: str) -> str:
        """The engine's name for what the script calls so."""
        return self.prefix + name.removeprefix("/")

    def own(self, text: str) -> str:
        """The engine's words, with the script's names in them."""
        return text.replace(self.prefix, "")

    def nameless(self) -> str:
        """A name for a container that the script gave none."""
        with self._lock:
            self._count += 1
            return f"nameless_{self._count}"

    def made(self, kind: str, number: str) -> None:
        """The engine's ID of something that the script made."""
        with self._lock:
            self._ids.setdefault(kind, set()).add(number)

    def ids(self, kind: str) -> frozenset[str]:
        """All of them."""
        with self._lock:
            return frozenset(self._ids.get(kind, ()))

    def find(self, kind: str, word: str) -> str:
        """What the engine finds the script's own thing by: a known ID, or a name that can only be its."""
        if _HEX.fullmatch(word):
            found = [one for one in self.ids(kind) if one.startswith(word)]
            if len(found) == 1:
                return found[0]
        return self.real(word)

    def image(self, word: str) -> str | None:
        """The engine's name for an image that the script may use; None for any other."""
        name, number = full(word), word.removeprefix("sha256:")
        if name in self.tags:
            return self.real(name)
        if name in self.images:
            return name
        if self.hosted(word):
            return word
        found = [one for one in self.ids("image") if _HEX.fullmatch(number) and one.startswith(number)]
        return f"sha256:{found[0]}" if len(found) == 1 else None

    def hosted(self, word: str) -> bool:
        """Whether the image is one of the task's registry."""
        return bool(self.registry and word.startswith(f"{self.registry}/") and _REFERENCE.fullmatch(word))


def full(image: str) -> str:
    """An image's name as one compares it: with its tag, without what is understood."""
    for host in _KNOWN_HOSTS:
        image = image.removeprefix(host)
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"


def filtered(pattern: str, prefix: str) -> str:
    """A name filter of docker's, a regular expression, for the engine's names."""
    bare = pattern.removeprefix("^").removeprefix("/")
    return f"^/?{re.escape(prefix)}{bare}" if pattern.startswith("^") else f"{re.escape(prefix)}.*{bare}"
