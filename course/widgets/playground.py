"""A Dockerfile to rearrange and a file to edit: reuse is first predicted, then asked of the engine."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from course.dockerfile import parse
from course.errors import CourseError
from course.trace import Build, compare
from course.widgets.assets import script, style
from course.widgets.outcome import block_at, compose, cut, explain, outcomes


class Builder(Protocol):
    """Builds a folder, for real, and leaves no image behind; `on_start` is given what cancels it."""

    def __call__(
        self,
        folder: Path,
        *,
        on_update: Callable[[Build], None],
        on_start: Callable[[Callable[[], None]], None],
    ) -> Build: ...


class Playground(anywidget.AnyWidget):
    """`order` holds positions in `blocks`, `ticked` those predicted to be reused; `results`: one a step."""

    _esm = script("playground")
    _css = style("playground")

    blocks = traitlets.List(traitlets.Dict()).tag(sync=True)
    order = traitlets.List(traitlets.Int()).tag(sync=True)
    ticked = traitlets.List(traitlets.Int()).tag(sync=True)
    file_name = traitlets.Unicode().tag(sync=True)
    file_text = traitlets.Unicode().tag(sync=True)
    built = traitlets.Int(0).tag(sync=True)  # how many builds came to an end
    busy = traitlets.Bool(False).tag(sync=True)
    live = traitlets.Dict().tag(sync=True)  # block → state, while a build runs
    results = traitlets.List(traitlets.Dict()).tag(sync=True)
    headline = traitlets.Unicode().tag(sync=True)
    error = traitlets.Dict().tag(sync=True)

    def __init__(self, dockerfile: str, files: Mapping[str, str], *, build: Builder, edit: str = "") -> None:
        self._files, self._build = dict(files), build
        self._before: Build | None = None
        self._one_at_a_time = threading.Lock()
        self._cancel: Callable[[], None] | None = None
        self._cancelled = False
        name = edit or next(iter(files))
        found = cut(dockerfile)
        super().__init__(blocks=found, order=[*range(len(found))], file_name=name, file_text=files[name])
        self.on_msg(lambda _, message, __: self.do(str(message.get("do"))))

    def do(self, action: str) -> None:
        """ "build" starts a build, one at a time, beside the kernel's own work; "cancel" ends it."""
        if action == "cancel" and self._cancel:
            self._cancelled = True
            self._cancel()
        elif action == "build" and self._one_at_a_time.acquire(blocking=False):
            self._cancelled = False
            self.busy, self.error, self.live, self.results = True, {}, {}, []
            threading.Thread(target=self._run, name="course-playground", daemon=True).start()

    def _run(self) -> None:
        order, ticked = list(self.order), set(self.ticked)
        blocks = [dict(block) for block in self.blocks]
        text, lines = compose(blocks, order)
        try:
            with tempfile.TemporaryDirectory(prefix="course-playground-") as folder:
                self._write(Path(folder), text)
                done = self._build(
                    Path(folder),
                    on_update=lambda build: self._live(build, lines),
                    on_start=lambda cancel: setattr(self, "_cancel", cancel),
                )
        except CourseError as error:
            # The build's own words for any end from outside are those of a deadline.
            told = CourseError("The build was cancelled.") if self._cancelled else error
            self.error = explain(told, lines)
        except Exception as error:  # noqa: BLE001  in a thread nobody else would see it
            self.error = {"text": f"{type(error).__name__}: {error}", "hint": "", "detail": "", "block": None}
        else:
            story = compare(self._before, done)
            with self.hold_sync():
                self.results = outcomes(story, lines, ticked if self.built else None)
                self.headline, self.built = story.headline(), self.built + 1
            self._before = done
        finally:
            self._cancel = None
            self._one_at_a_time.release()
            self.busy = False

    def _write(self, folder: Path, dockerfile: str) -> None:
        for name, content in {**self._files, self.file_name: self.file_text}.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")

    def _live(self, build: Build, lines: Mapping[int, range]) -> None:
        states = {str(block_at(lines, step.line)): step.state for step in build.steps if step.line}
        if states != self.live:
            self.live = states

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        text = compose([dict(block) for block in self.blocks], range(len(self.blocks)))[0]
        steps = len(parse(text))
        page = (
            "<p><strong>Cache playground</strong> (needs a running kernel). Which steps are reused after "
            f"<code>{escape(self.file_name)}</code> is edited?</p><pre>{escape(text)}</pre>"
        )
        line = f"[cache playground] a Dockerfile of {steps} instructions, and {self.file_name} to edit"
        return {**data, "text/plain": line, "text/html": page}, metadata
