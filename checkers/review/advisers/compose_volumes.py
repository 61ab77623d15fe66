"""Databases whose data lie in the container, or in a volume without a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen

# Where the usual images keep their data.
_DATA = {
    "postgres": "/var/lib/postgresql", "mysql": "/var/lib/mysql", "mariadb": "/var/lib/mysql",
    "mongo": "/data/db", "rabbitmq": "/var/lib/rabbitmq",
}  # fmt: skip


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each such service."""
    for name, service in seen.compose.services.items() if seen.compose else ():
        image = re.split(r"[:@]", str(service.get("image") or "").rpartition("/")[2])[0]
        if image not in _DATA or seen.compose is None:
            continue
        mounts = [str(one.get("target") or "") for one in service.get("volumes") or () if one.get("source")]
        if any(target.startswith(_DATA[image]) for target in mounts) or service.get("tmpfs"):
            continue
        yield Advice(
            "compose-volume",
            "Data are kept in a named volume",
            Severity.ADVICE,
            f"{name}: nothing is mounted at {_DATA[image]}. Its data are in a volume without a name, which "
            "no new container finds again after docker compose down.",
            f"A named volume where the image keeps its data, at or below {_DATA[image]}; its documentation "
            "says which folder.",
            line=line_of(seen.compose, name, "image"),
            file=seen.compose.file,
            misconception="M04",
        )
