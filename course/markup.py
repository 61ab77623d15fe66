"""The course's own words, which may have code in backticks, as HTML."""

from __future__ import annotations

import re
from html import escape

_CODE = re.compile(r"`([^`\n]+)`")


def inline(words: str) -> str:
    """The words escaped, with what stands in backticks set as code. A terminal shows the backticks."""
    return _CODE.sub(r"<code>\1</code>", escape(words))
