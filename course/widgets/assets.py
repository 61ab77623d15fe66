"""A widget's JavaScript and CSS, each behind what all of them share.

A widget's module is sent to the page as one text, so it can't import a second file: the shared one is put
in front of it.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """`shared.js` and `NAME.js`, one module."""
    return _read("shared.js") + _read(f"{name}.js")


def style(name: str) -> str:
    """`shared.css` and `NAME.css`."""
    return _read("shared.css") + _read(f"{name}.css")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
