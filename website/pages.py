"""What Sphinx reads: the lessons with their pictures as files, the exercises' tasks, a first page."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

PNG, TEXT = "image/png", "text/plain"
FIGURES = "_static/figures"
"""Where a page finds its pictures; all pages but the tasks lie beside it."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def write_pages(root: Path, out: Path) -> None:
    """Fills the folder `out` from the checkout `root`. Only what is stored in the notebooks is shown."""
    (out / FIGURES).mkdir(parents=True)
    here = root / "website"
    shutil.copy(here / "style.css", out / "_static")
    shutil.copy(root / "docs" / "chapter.png", out / "_static")
    exercises = tomllib.loads((root / "exercises" / "exercises.toml").read_text("utf-8"))["exercise"]
    lessons = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    for path in lessons:
        tasks = [one for one in exercises if one["id"][:2] == path.name[:2]]
        _write_lesson(path, tasks, out)
    for one in exercises:
        text = (root / "exercises" / one["id"] / "task.md").read_text("utf-8")
        (out / f"{one['id']}.md").write_text(f"---\norphan: true\n---\n\n{text}", "utf-8")
    index = (here / "index.md").read_text("utf-8")
    entries = "\n".join(f"{path.stem[:2]} {_title(path)} <{path.stem}>" for path in lessons)
    (out / "index.md").write_text(index.replace("@chapters@", entries), "utf-8")


def _write_lesson(path: Path, tasks: list[dict[str, Any]], out: Path) -> None:
    book = json.loads(path.read_text("utf-8"))
    book["metadata"]["language_info"]["pygments_lexer"] = "ipython3"  # it knows `!docker …` and `%%tape`
    for number, cell in enumerate(book["cells"]):
        for place, output in enumerate(cell.get("outputs", [])):
            data = output.get("data", {})
            if output["output_type"] == "error":
                cell["outputs"][place] = _error(output)
            elif PNG in data:
                file = f"{FIGURES}/{path.stem[:2]}-{number}-{place}.png"
                (out / file).write_bytes(base64.b64decode("".join(data.pop(PNG))))
                data["text/html"] = _picture(file, _words(data[TEXT]))
            elif "text/html" in data:
                data["text/html"] = f'<div class="course-output">{_words(data["text/html"])}</div>'
    if tasks:
        links = "\n".join(f"- [{one['id']}: {one['title']}]({one['id']}.md)" for one in tasks)
        text = f"The tasks, to read here: they are started and checked in the lab.\n\n{links}"
        _after_exercises(
            book["cells"], {"cell_type": "markdown", "id": "tasks", "metadata": {}, "source": text}
        )
    (out / path.name).write_text(json.dumps(book), "utf-8")


def _title(path: Path) -> str:
    """The lesson's one H1."""
    first = _words(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    return first.splitlines()[0].removeprefix("# ")


def _after_exercises(cells: list[dict[str, Any]], cell: dict[str, Any]) -> None:
    """Puts `cell` behind the cells that show the exercises' panels, or at the end."""
    shows = [place for place, one in enumerate(cells) if "exercise(" in _words(one["source"])]
    cells.insert(shows[-1] + 1 if shows else len(cells), cell)


def _error(output: dict[str, Any]) -> dict[str, Any]:
    text = html.escape(_ANSI.sub("", "\n".join(output["traceback"])))
    shown = {"text/html": f'<pre class="course-error">{text}</pre>'}
    return {"output_type": "display_data", "metadata": {}, "data": shown}


def _picture(file: str, text: str) -> str:
    alt = html.escape(text.removeprefix("[figure] ").strip())
    return f'<img src="{file}" alt="{alt}" loading="lazy" class="course-figure">'


def _words(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
