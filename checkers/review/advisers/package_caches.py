"""What package managers keep for the next time, which never comes in an image."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen
from course.amounts import size

_HOME = r"(?:root|home/[^/]+)"
# What it is → where it lies, and how to do without.
_CACHES = {
    "apt's lists": (r"var/lib/apt/lists/", "rm -rf /var/lib/apt/lists/* in the same RUN"),
    "apt's packages": (r"var/cache/apt/", "apt-get clean in the same RUN"),
    "apk's packages": (r"(?:var/cache|etc)/apk/(?:cache/|APKINDEX)", "apk add --no-cache"),
    "dnf's data": (r"var/cache/(?:dnf|yum|libdnf5)/", "dnf clean all in the same RUN"),
    "pip's cache": (rf"{_HOME}/\.cache/pip/", "pip install --no-cache-dir"),
    "uv's cache": (rf"{_HOME}/\.cache/uv/", "UV_NO_CACHE=1"),
    "poetry's cache": (rf"{_HOME}/\.cache/pypoetry/", "poetry install --no-cache"),
    "npm's cache": (rf"{_HOME}/\.npm/", "npm cache clean --force in the same RUN"),
    "yarn's cache": (
        rf"(?:{_HOME}|usr/local/share)/\.(?:cache/yarn|yarn/cache|cache/pnpm)/",
        "yarn cache clean",
    ),
    "Go's modules": (
        rf"(?:go|{_HOME}/go)/pkg/mod/|{_HOME}/\.cache/go-build/",
        "a stage of its own for the build",
    ),
    "cargo's registry": (
        rf"(?:usr/local/cargo|{_HOME}/\.cargo)/registry/",
        "a stage of its own for the build",
    ),
    "Maven's or Gradle's": (rf"{_HOME}/\.(?:m2|gradle)/", "a stage of its own for the build"),
}
_LIMIT = 1_000_000  # bytes


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all of them."""
    if seen.image is None:
        return
    bytes_, lines = Counter[str](), dict[str, int | None]()
    for layer in seen.image.layers[seen.below :]:
        for entry in layer.entries:
            what = next((one for one, (where, _) in _CACHES.items() if re.match(where, entry.path)), "")
            node = seen.image.tree.get(entry.path) if what else None
            if node and node.layer == layer.index:  # what is hidden is told of elsewhere
                bytes_[what] += entry.size
                lines.setdefault(what, layer.line)
    total = sum(bytes_.values())
    if total < _LIMIT:
        return
    found = [what for what, _ in bytes_.most_common()]
    yield Advice(
        "package-caches",
        "No package manager's cache is in the image",
        Severity.ADVICE,
        f"The image holds {', '.join(found)}: {size(total)}.",
        f"{'; '.join(_CACHES[what][1] for what in found)}. Or keep it between builds and out of the image: "
        "RUN --mount=type=cache",
        "\n".join(f"{what}: {size(count)}" for what, count in bytes_.most_common()),
        lines[found[0]],
        seen.dockerfile,
        lesson="05_cache_and_buildkit.ipynb#Mounts:-there-while-a-step-runs,-and-never-in-the-image",
    )
