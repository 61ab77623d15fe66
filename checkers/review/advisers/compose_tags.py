"""Images of a Compose file without a version."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.advisers.base_tag import floats
from checkers.review.pointing import line_of
from checkers.review.seen import Seen


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one, about all services. An image that the service builds itself is no foreign one."""
    if seen.compose is None:
        return
    found = {
        name: str(service["image"])
        for name, service in seen.compose.services.items()
        if service.get("image") and not service.get("build") and floats(str(service["image"]))
    }
    if not found:
        return
    name = next(iter(found))
    yield Advice(
        "compose-latest",
        "Each image is named with a version",
        Severity.ADVICE,
        f"{', '.join(f'{one}: {image}' for one, image in found.items())}. The next pull may bring another "
        "major version; a database then refuses its old data.",
        "Name a version, such as postgres:17.",
        line=line_of(seen.compose, name, "image"),
        file=seen.compose.file,
        lesson="02_images.ipynb#Tags-move",
    )
