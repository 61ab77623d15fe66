"""A tape shown: one line a call in a terminal, a table in a notebook.

`record(gateway)` notes which calls a block of code caused; `TapeView(calls)` shows them anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from html import escape
from typing import Any
from urllib.parse import unquote

from course.amounts import size
from course.engine.gateway import Call, Gateway

_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_TARGET_WIDTH = 60
_COLUMNS = ("method", "path", "status", "ms", "in", "out", "docker command")

# Colours of the page itself, made fainter: so it reads on light and on dark ground alike.
_STYLE = (
    "<style>.course-tape{border-collapse:collapse;font-size:90%}"
    ".course-tape caption{caption-side:bottom;text-align:left;opacity:.75;padding-top:.4em}"
    ".course-tape th,.course-tape td{text-align:left!important;padding:.15em .7em;vertical-align:top;"
    "border-bottom:1px solid rgba(128,128,128,.3);background:none!important}"
    ".course-tape .num{text-align:right!important;font-variant-numeric:tabular-nums}"
    ".course-tape code{background:none;color:inherit;overflow-wrap:anywhere}"
    ".course-tape .bad{font-weight:bold}.course-tape .note{opacity:.75;font-style:italic}</style>"
)


class TapeView:
    """Some calls, ready to be displayed: `print` it, or leave it as the last line of a cell."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.calls: tuple[Call, ...] = tuple(calls)

    def __len__(self) -> int:
        return len(self.calls)

    def __str__(self) -> str:
        """A table of plain text, one line a call, and a last line that sums up."""
        rows = [_COLUMNS, *(_cells(call) for call in self.calls)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
        lines = []
        for row in rows:
            cells = [
                text.rjust(width) if column in (3, 4, 5) else text.ljust(width)
                for column, (text, width) in enumerate(zip(row, widths, strict=False))
            ]
            lines.append("  ".join([*cells, row[-1]]).rstrip())
        return "\n".join([*lines, self.summary])

    __repr__ = __str__

    @property
    def summary(self) -> str:
        """How many calls, and what went through them."""
        count = len(self.calls)
        took = sum(call.bytes_in for call in self.calls)
        gave = sum(call.bytes_out for call in self.calls)
        calls = "call" if count == 1 else "calls"
        return f"{count} Engine API {calls}, {size(took)} to the engine, {size(gave)} back"

    def as_json(self) -> list[dict[str, Any]]:
        """One object a call: method, path, status, ms, bytes_in, bytes_out, cli, and the other fields."""
        return [{**asdict(call), "ms": round(call.ms, 3)} for call in self.calls]

    def html(self) -> str:
        """A table without scripts and without anything loaded from elsewhere."""
        head = "".join(
            f'<th scope="col"{_number(column)}>{name}</th>' for column, name in enumerate(_COLUMNS)
        )
        body = "".join(_html_row(call) for call in self.calls)
        return (
            f'{_STYLE}<table class="course-tape"><caption>{escape(self.summary)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}


class Recording:
    """The calls that began since it was made; fixed once `stop` is called."""

    def __init__(self, gateway: Gateway) -> None:
        self._tape = gateway.tape
        self._mark = self._tape.mark()
        self._calls: tuple[Call, ...] | None = None

    @property
    def calls(self) -> Sequence[Call]:
        """What there is so far, streams still open included."""
        return self._calls if self._calls is not None else tuple(self._tape.since(self._mark))

    @property
    def view(self) -> TapeView:
        """The same, ready to be displayed."""
        return TapeView(self.calls)

    def stop(self) -> None:
        """Take no more calls in."""
        if self._calls is None:
            self._calls = tuple(self._tape.since(self._mark))


@contextmanager
def record(gateway: Gateway) -> Iterator[Recording]:
    """Records the calls of the block under `with`, also when it ends with an error."""
    recording = Recording(gateway)
    try:
        yield recording
    finally:
        recording.stop()


def show(calls: Iterable[Call]) -> TapeView:
    """The calls as an object that a notebook displays as a table and a terminal as text."""
    return TapeView(calls)


def _target(call: Call) -> str:
    """Path and query for reading: identifiers cut to twelve digits, the query decoded."""
    text = call.path + (f"?{unquote(call.query)}" if call.query else "")
    return _ID.sub(r"\1", text)


def _shorten(text: str) -> str:
    return text if len(text) <= _TARGET_WIDTH else text[: _TARGET_WIDTH - 1] + "…"


def _status(call: Call) -> str:
    mark = " !" if call.status >= 400 else ""
    return f"{call.status or '…'}{mark}"


def _cells(call: Call) -> tuple[str, ...]:
    comment = f"# {call.note}" if call.note else ""
    return (
        call.method,
        _printable(_shorten(_target(call))),
        _status(call),
        f"{call.ms:.1f}",
        size(call.bytes_in),
        size(call.bytes_out),
        _printable("  ".join(filter(None, [_ID.sub(r"\1", call.cli), comment]))),
    )


def _printable(text: str) -> str:
    """On one line, and without anything that would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _number(column: int) -> str:
    return ' class="num"' if column in (3, 4, 5) else ""


def _html_row(call: Call) -> str:
    method, path, status, ms, took, gave, _ = _cells(call)
    bad = ' class="bad"' if call.status >= 400 else ""
    shown = _ID.sub(r"\1", call.cli)
    command = f"<code>{escape(shown)}</code>" if shown else ""
    note = f'<div class="note">{escape(call.note)}</div>' if call.note else ""
    return (
        f'<tr><td>{escape(method)}</td><td title="{escape(_target(call))}"><code>{escape(path)}</code></td>'
        f'<td{bad}>{escape(status)}</td><td class="num">{ms}</td><td class="num">{took}</td>'
        f'<td class="num">{gave}</td><td>{command}{note}</td></tr>'
    )
