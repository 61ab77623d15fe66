"""`Report` → text for a terminal (rich), HTML for a notebook, JSON, JUnit XML: one report, the same in each.

The checks in order, a line each; then the first one that did not pass, in full: what was expected and seen,
the engine's or program's words, the line, the belief behind the mistake and the lesson that shows it. One
thing to mend at a time. What learners wrote is escaped.
"""

from checkers.render.to_html import html, mimebundle
from checkers.render.to_json import as_json
from checkers.render.to_junit import junit
from checkers.render.to_text import rich, text

__all__ = ["as_json", "html", "junit", "mimebundle", "rich", "text"]
