"""A kernel for a presentation, and its cells' outputs as a terminal can show them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from course.chapters import Chapter
from course.demo.steps import DemoStep, path_of, read
from course.errors import LabError

_CELL_SECONDS = 600


@dataclass(frozen=True)
class Output:
    """What a cell has printed, shown, or failed with, as text."""

    kind: str  # "printed", "shown", "failed"
    text: str


class Kernel:
    """Runs a chapter's cells one by one. `with Kernel(chapter) as kernel: kernel.run(step)`."""

    def __init__(self, chapter: Chapter) -> None:
        self._book: Any = read(chapter)
        self._client: Any = NotebookClient(
            self._book,
            kernel_name="python3",
            timeout=_CELL_SECONDS,
            allow_errors=True,
            store_widget_state=False,
            extra_arguments=["--log-level=ERROR"],  # its warnings are not for the room
            resources={"metadata": {"path": str(path_of(chapter).parent)}},
        )
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Kernel:
        try:
            self._stack.enter_context(self._client.setup_kernel())
        except Exception as error:  # many kinds, from a missing kernel to a port that is taken
            raise LabError(
                "The kernel for the demonstration did not start.",
                hint="Run: course doctor",
                detail=str(error),
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, step: DemoStep) -> tuple[Output, ...]:
        """Runs a code cell. A Ctrl-C interrupts it, and is raised again; LabError if the kernel died."""
        cell = self._book.cells[step.number - 1]
        cell.outputs = []
        try:
            self._client.execute_cell(cell, step.number - 1)
        except KeyboardInterrupt:
            self._client.km.interrupt_kernel()
            raise
        except (CellTimeoutError, DeadKernelError) as error:
            raise LabError(
                f"Cell {step.number} did not come to its end.",
                hint="Run the chapter again.",
                detail=str(error),
            ) from error
        return tuple(_outputs(cell.outputs))


def _outputs(found: list[Mapping[str, Any]]) -> Iterator[Output]:
    for output in found:
        kind = output["output_type"]
        if kind == "stream":
            yield Output("printed", _plain(output["text"]))
        elif kind == "error":
            yield Output("failed", _plain(f"{output['ename']}: {output['evalue']}"))
        elif text := output.get("data", {}).get("text/plain"):
            yield Output("shown", _plain(text))


def _plain(text: str) -> str:
    # A container's output must not move the presenter's cursor.
    return "".join(char for char in text.rstrip("\n") if char.isprintable() or char in "\n\t")
