"""A question before a cell is run, and what came of it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from course.widgets.assets import script, style

LETTERS = "abcdef"


class Prediction(anywidget.AnyWidget):
    """Radio buttons. `chosen` and `answer` are positions in `options`, -1 while there is none.

    `on_choose` is called with the chosen option's text, and returns a line to show below the options.
    """

    _esm = script("prediction")
    _css = style("prediction")

    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    answer = traitlets.Int(-1).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        key: str,
        question: str,
        options: Sequence[str],
        *,
        on_choose: Callable[[str], str] | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(question=question, options=list(options), **traits)
        self.key = key
        if on_choose:
            self.observe(lambda change: self._choose(change["new"], on_choose), names="chosen")

    def _choose(self, position: int, on_choose: Callable[[str], str]) -> None:
        if 0 <= position < len(self.options):
            self.note = on_choose(self.options[position])

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "text/plain": self.static_text(), "text/html": self.static_html()}, metadata

    def static_text(self) -> str:
        """The question with its options; once revealed, the right one."""
        if self.answer >= 0:
            return f"Prediction {self.key}: {LETTERS[self.answer]}) {self.options[self.answer]}"
        rows = [f"  {LETTERS[i]}) {option}" for i, option in enumerate(self.options)]
        return "\n".join([f"Predict {self.key}: {self.question}", *rows])

    def static_html(self) -> str:
        """The same for a page without a kernel."""
        if self.answer >= 0:
            right = html.escape(self.options[self.answer])
            return f"<p><strong>What happened:</strong> {LETTERS[self.answer]}) {right}</p>"
        # The letters are text: pages restyle lists, and the explanation speaks of a, b and c.
        rows = "".join(f"<br>{LETTERS[i]}) {html.escape(option)}" for i, option in enumerate(self.options))
        return f"<p><strong>Predict:</strong> {html.escape(self.question)}{rows}</p>"
