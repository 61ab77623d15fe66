"""Small pieces of HTML with a plain-text form, in the reader's theme: a card of facts, the tape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course.tape_view import TapeView

_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, repr=False)
class Html:
    """An output with two forms: for a page, and for a reader of plain text."""

    html: str
    text: str

    def __repr__(self) -> str:
        return self.text  # what plain Python and a terminal show

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def facts(title: str, rows: Mapping[str, str]) -> Html:
    """A small table of names and values."""
    body = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(key)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for key, value in rows.items()
    )
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(title)}</caption>'
    width = max(map(len, rows))
    text = "\n".join([title, *(f"  {key:<{width}}  {value}" for key, value in rows.items())])
    return Html(f"<table>{caption}<tbody>{body}</tbody></table>", text)


def tape_table(view: TapeView) -> Html:
    """The tape as it shows itself; its text form leaves the measured numbers out, which differ run by run."""
    head = ("Engine API call", "status", "docker command")
    rows = [head, *((f"{call.method} {call.path}", str(call.status), call.cli) for call in view.calls)]
    brief = [tuple(_ID.sub(_short, text) for text in row) for row in rows]
    wide = max(len(row[0]) for row in brief)
    lines = (f"{call:<{wide}}  {status:<6}  {cli}".rstrip() for call, status, cli in brief)
    return Html(view.html(), "\n".join(lines))


def _short(found: re.Match[str]) -> str:
    return found[0][:12]


def removed(kinds: Sequence[str]) -> str:
    """What was removed, in words. Without numbers: they depend on how the engine keeps images."""
    return f"Removed: {', '.join(f'{kind}s' for kind in kinds)}." if kinds else "Nothing was left to remove."
