"""A widget's JavaScript and CSS, each behind what all of them share.

A widget's module is sent to the page as one text, so it can't import a second file: the shared one is put
in front of it.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def script(*names: str) -> str:
    """`shared.js` and each `NAME.js`, one module."""
    return "".join(_read(f"{name}.js") for name in ("shared", *names))


def style(*names: str) -> str:
    """`shared.css` and each `NAME.css`."""
    return "".join(_read(f"{name}.css") for name in ("shared", *names))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
