"""npm's development packages in an image, by the list that npm itself writes beside what it installs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from checkers.review.advice import Advice, Severity
from checkers.review.building import NPM_LIST
from checkers.review.seen import Seen
from course.amounts import size

_MANY = 6


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each folder node_modules."""
    for path, content in seen.files.items():
        if not path.endswith(NPM_LIST) or seen.image is None:
            continue
        root = path.removesuffix(NPM_LIST)
        there = [one for one in _development(content) if seen.image.tree.get(f"{root}{one}")]
        if not there:
            continue
        sizes = {one: _bytes(seen, f"{root}{one}/") for one in there}
        largest = sorted(sizes, key=lambda one: -sizes[one])[:_MANY]
        yield Advice(
            "dev-packages",
            "No development packages are in the image",
            Severity.ADVICE,
            f"/{root}node_modules holds {len(there)} package{'s' * (len(there) > 1)} that only development "
            f"needs: {size(sum(sizes.values()))}.",
            "npm ci --omit=dev; where the build needs them, in a stage of its own, with npm prune --omit=dev "
            "before the copy.",
            "\n".join(f"{one.removeprefix('node_modules/')}  {size(sizes[one])}" for one in largest),
            next((one.line for one in seen.instructions if "node_modules" in one.args), None)
            or seen.last("RUN", "COPY"),
            seen.dockerfile,
            lesson="05_cache_and_buildkit.ipynb#A-trap:-the-development-packages-come-along",
        )


def _development(content: bytes) -> list[str]:
    try:
        packages: Any = json.loads(content).get("packages")
    except (ValueError, AttributeError):
        return []
    if not isinstance(packages, dict):
        return []
    return [path for path, one in packages.items() if isinstance(one, dict) and one.get("dev")]


def _bytes(seen: Seen, folder: str) -> int:
    """Of the files that a container sees there."""
    tree = seen.image.tree if seen.image else None
    return sum(
        entry.size
        for layer in (seen.image.layers if seen.image else ())
        for entry in layer.entries
        if entry.path.startswith(folder)
        and tree
        and (node := tree.get(entry.path))
        and node.layer == layer.index
    )
