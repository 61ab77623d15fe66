"""What a learner sees: JupyterLab, live cells, a prediction, a figure, an exercise."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(600)]
RUN_ALL_SECONDS = 240


def open_lesson(page: Page, url: str, lesson: str) -> Locator:
    """The lesson in the theme that the page's system asks for."""
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    set_theme(page, url, "JupyterLab Dark" if dark else "JupyterLab Light")
    page.goto(re.sub(r"notebooks/[\w.]+\?", f"notebooks/{lesson}.ipynb?reset&", url))
    notebook = page.locator(".jp-Notebook")
    expect(notebook).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false" if dark else "true")
    return notebook


def set_theme(page: Page, url: str, theme: str) -> None:
    server, _, token = url.partition("lab/tree/")
    answer = page.request.put(
        f"{server}lab/api/settings/@jupyterlab/apputils-extension:themes",
        headers={"Authorization": f"token {token.partition('token=')[2]}"},
        data={"raw": json.dumps({"theme": theme})},
    )
    assert answer.ok, answer.text()


def run_all(page: Page, path: Path) -> dict[str, Any]:
    """Run every cell from the menu, save, and give the saved lesson once its last cell has run."""
    book: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(book), encoding="utf-8")
    page.reload()
    expect(page.locator(".jp-Notebook")).to_be_visible()
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")).to_be_visible()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    deadline = time.monotonic() + RUN_ALL_SECONDS
    while time.monotonic() < deadline:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1000)  # the page's own clock; the loop has a deadline
        book = json.loads(path.read_text(encoding="utf-8"))
        if book["cells"][-1]["execution_count"]:
            return book
    raise AssertionError(f"{path.name} was still running after {RUN_ALL_SECONDS} s")


def unexpected_errors(book: dict[str, Any]) -> list[str]:
    return [
        f"{cell['id']}: {output['ename']}: {output['evalue']}"
        for cell in book["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error" and "raises-exception" not in cell["metadata"].get("tags", [])
    ]


def test_the_first_lesson_runs_and_takes_a_prediction(page: Page, url: str, course_copy: Path) -> None:
    notebook = open_lesson(page, url, "00_start")
    book = run_all(page, course_copy / "notebooks" / "00_start.ipynb")
    assert unexpected_errors(book) == []

    question = notebook.locator("fieldset.course-prediction").first
    question.scroll_into_view_if_needed()
    question.get_by_label("b) The client is installed, no more.").check()
    expect(question.get_by_role("status")).to_have_text("Recorded. Run the next cell.")

    outcome = notebook.locator(".course-prediction-outcome").first
    expect(outcome).not_to_contain_text("You predicted")  # it was revealed before anything was chosen
    outcome.click()
    page.keyboard.press("Control+Enter")
    expect(outcome).to_contain_text("You predicted: b) The client is installed, no more.")
    expect(outcome).to_contain_text("As you predicted.")


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_figures_are_shown_and_an_exercise_can_be_started(page: Page, url: str, course_copy: Path) -> None:
    notebook = open_lesson(page, url, "01_containers")
    book = run_all(page, course_copy / "notebooks" / "01_containers.ipynb")
    assert unexpected_errors(book) == []

    figure = notebook.locator(".jp-RenderedImage img").first
    figure.scroll_into_view_if_needed()
    assert figure.evaluate("image => image.naturalWidth") > 600

    panel = notebook.locator(".course-exercise")
    panel.scroll_into_view_if_needed()
    panel.get_by_role("button", name="Start").click()
    expect(panel.locator(".course-exercise-output")).to_contain_text("work/01-run-right")
    assert (course_copy / "work" / "01-run-right" / "run.sh").is_file()
    panel.get_by_role("button", name="Check").click()
    expect(panel.locator(".course-report")).to_contain_text("not yet", timeout=120_000)
    panel.get_by_role("button", name="Hint").click()
    expect(panel.locator(".course-exercise-output")).to_contain_text("Hint 1 of 4")
