"""The sheet as one page of HTML that prints on one sheet of paper. It loads nothing."""

from __future__ import annotations

from html import escape
from pathlib import Path

from course.cheatsheet.sheet import Command, Section, Sheet

_TITLE = "Docker: what you type, and what the engine is asked"


def page(sheet: Sheet) -> str:
    """The whole page."""
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    sections = "\n".join(map(_section, sheet.sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(_TITLE)}</title>
<style>
{style}
</style>
</head>
<body>
<header><h1>{escape(_TITLE)}</h1></header>
<main>
{sections}
</main>
<footer>{escape(_foot(sheet))}</footer>
</body>
</html>
"""


def _section(section: Section) -> str:
    rows = "\n".join(map(_command, section.commands))
    return f"<section>\n<h2>{escape(section.title)}</h2>\n<dl>\n{rows}\n</dl>\n</section>"


def _command(command: Command) -> str:
    calls = "".join(f'<li><code class="call">{_broken(call)}</code></li>' for call in command.calls)
    calls = calls or "<li>nothing: it is the client's own work</li>"
    return (
        f"<div><dt><code>{escape(command.run)}</code></dt>"
        f"<dd><p>{escape(command.does)}</p><ul>{calls}</ul></dd></div>"
    )


def _broken(call: str) -> str:
    """A long path may be broken after a slash or an ampersand."""
    return escape(call).replace("/", "/<wbr>").replace("&amp;", "&amp;<wbr>")


def _foot(sheet: Sheet) -> str:
    versions = sheet.versions
    return (
        f"Recorded with docker {versions['docker']}, engine {versions['engine']}, API {versions['api']}: "
        f"each path begins with /v{versions['api']}. {{id}} is an id, {{time}} seconds since 1970. "
        "Where a command changes something, the calls by which the client only looks are left out. "
        "As your own versions do it: course cheatsheet --live."
    )
