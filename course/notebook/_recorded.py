"""Shows recorded results in place of running a lesson's cells, where the engine can't do what they need.

What is recorded are the lesson's own cells with their outputs, written by tests/notebooks/refresh.py. Each
shown result says that it is recorded. Questions are still asked and answered live.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from course.widgets.html import Html

FOLDER = Path(__file__).parent / "recorded"
BEGINS, ENDS = re.compile(r"\bengines\("), re.compile(r"^clean_up\(\)$")
_LIVE = re.compile(r"^(?:predict|reveal)\(", re.MULTILINE)  # from such a line on, a cell is run
MARK = "Recorded on another machine, not on your engine:"
NOTE = "The cells below are not run here: each shows what was recorded on another machine."

Transform = Callable[[list[str]], list[str]]
_active: list[Transform] = []


def cells_to_record(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The code cells between the one that starts the engines and the one that cleans up, with outputs."""
    found: list[dict[str, Any]] = []
    begun = False
    for cell in book["cells"]:
        source = "".join(cell["source"]).strip()
        if cell["cell_type"] != "code":
            continue
        if ENDS.match(source):
            break
        if begun:
            outputs = [_plain(output) for output in cell["outputs"]]
            if _LIVE.search(source):  # what the question itself shows is not part of the record
                outputs = [one for one in outputs if one["output_type"] != "execute_result"]
            found.append({"source": source, "outputs": outputs})
        begun = begun or bool(BEGINS.search(source))
    return found


def write(name: str, book: Mapping[str, Any]) -> None:
    """Keeps a lesson's record."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(cells_to_record(book), indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def play(name: str, why: str) -> None:
    """From the next cell on, shows the record in place of each cell that is in it; says so, and why."""
    from IPython.display import display

    said = f"{NOTE} {why}"
    display(Html(f'<p role="note"><strong>{escape(said)}</strong></p>', said))  # type: ignore[no-untyped-call]
    shell = _shell()
    stop()
    if shell is not None:
        record = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        transform = _transform(name, [cell["source"] for cell in record])
        _active.append(transform)
        shell.input_transformers_cleanup.append(transform)


def stop() -> None:
    """Cells are run again."""
    shell = _shell()
    while _active:
        transform = _active.pop()
        if shell is not None and transform in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.remove(transform)


def show(name: str, place: int) -> None:
    """The recorded outputs of a cell."""
    from IPython.display import display

    record = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    outputs = record[place]["outputs"]
    if outputs:
        display(Html(f"<p><em>{MARK}</em></p>", MARK))  # type: ignore[no-untyped-call]
    for output in outputs:
        if output["output_type"] == "stream":
            print(output["text"], end="")
        elif output["output_type"] == "error":
            print("\n".join(output["traceback"]))
        else:
            display(output["data"], metadata=output["metadata"], raw=True)  # type: ignore[no-untyped-call]


def _transform(name: str, sources: Sequence[str]) -> Transform:
    def transform(lines: list[str]) -> list[str]:
        source = "".join(lines).strip()
        if source not in sources:
            return lines
        live = _LIVE.search(source)
        if live and not live.start():
            return lines
        call = f"from course.notebook import _recorded; _recorded.show({name!r}, {sources.index(source)})\n"
        rest = source[live.start() :].splitlines(keepends=True) if live else []
        return [call, *rest]

    return transform


def _plain(output: Mapping[str, Any]) -> dict[str, Any]:
    """An output without its number; a notebook's file may have text in pieces, one for each line."""
    plain = {key: value for key, value in output.items() if key != "execution_count"}
    if "text" in plain:
        plain["text"] = "".join(plain["text"])
    if "data" in plain:
        plain["data"] = {kind: "".join(value) for kind, value in plain["data"].items()}
    return plain


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
