"""What advisers are given, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from checkers.review import Advice
from checkers.review.seen import Seen
from course.layers import Entry, Image, Layer

TEXT = """\
FROM python:3.13-slim
ENV TOKEN=x
COPY . .
RUN pip install -r requirements.txt
EXPOSE 8000
HEALTHCHECK CMD wget -q localhost:8000
CMD ["python", "app.py"]
"""
SEEN = Seen(text=TEXT)
Adviser = Callable[[Seen], Iterator[Advice]]
Caught = tuple[Adviser, dict[str, Any], list[str]]
"""An adviser, what was seen, and the ids and severities that it must come to."""
LeftAlone = tuple[Adviser, dict[str, Any]]


def image(*layers: list[Entry], gone: dict[int, tuple[str, ...]] | None = None) -> Image:
    return Image(
        "test",
        tuple(
            Layer(
                index,
                instruction=f"RUN {index}",
                line=index,
                tar_bytes=sum(one.size for one in entries),
                entries=tuple(entries),
                whiteouts=(gone or {}).get(index, ()),
            )
            for index, entries in enumerate(layers)
        ),
    )


def file(path: str, size: int = 1, digest: str = "") -> Entry:
    return Entry(path, "file", size, digest=digest or path)


def name(case: tuple[Any, ...]) -> str:
    """A test's name: the adviser's."""
    return str(case[0].__module__.rpartition(".")[2])


def told(adviser: Adviser, seen: dict[str, Any]) -> list[str]:
    """What the adviser says of it: ids and severities. Advice that lacks a part is marked."""
    return [
        f"{one.id} {one.severity}" if one.title and one.message and one.next else f"{one.id} incomplete"
        for one in adviser(replace(SEEN, **seen))
    ]
