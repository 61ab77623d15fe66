"""What an audit of the theme's pages found, mended in the pages. axe-core's rule stands beside each."""

from __future__ import annotations

from pathlib import Path

_MENDS = (
    # aria-required-attr: a heading by role needs a level
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    # landmark-unique: two asides
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Chapters">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    # scrollable-region-focusable: long lines can be scrolled to with the keyboard
    ("<pre>", '<pre tabindex="0">'),
    # empty-table-header: the corner of a table heads nothing
    ('<th class="head"><p></p></th>', "<td></td>"),
    ('<th class="head"></th>', "<td></td>"),
    # page-has-heading-one
    ("\n<noscript>\n<div", "\n<h1>Search</h1>\n<noscript>\n<div"),
)


def mend(folder: Path) -> None:
    """Rewrites each page in `folder`."""
    for page in folder.glob("*.html"):
        text = page.read_text("utf-8")
        for found, better in _MENDS:
            text = text.replace(found, better)
        page.write_text(text, "utf-8")
