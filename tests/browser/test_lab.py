"""What a learner sees: JupyterLab, live cells, a prediction, a figure, an exercise."""

from __future__ import annotations

import contextlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.opening import load, open_notebook

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(600)]
RUN_ALL_SECONDS = 240
KERNEL = ".jp-Notebook-ExecutionIndicator"


def run_all(page: Page, path: Path) -> dict[str, Any]:
    """Run every cell from the menu, save, and give the saved lesson once its last cell has run."""
    book: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(book), encoding="utf-8")
    load(page, page.reload)
    ask_for_all(page)
    deadline, seen = time.monotonic() + RUN_ALL_SECONDS, ""
    while time.monotonic() < deadline:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1000)  # the page's own clock; the loop has a deadline
        book = json.loads(path.read_text(encoding="utf-8"))
        if book["cells"][-1]["execution_count"]:
            return book
        seen = f"{sum(bool(cell.get('execution_count')) for cell in book['cells'])} cells saved as run"
        seen += f", kernel {page.locator(KERNEL).get_attribute('data-status')}"
        if words := page.locator(".jp-Dialog").all_inner_texts():
            seen += f", a dialog: {words}"
            # A save is lost like a page when a network comes or goes; JupyterLab then asks for a click.
            page.locator(".jp-Dialog button").last.click()
    raise AssertionError(f"{path.name} was still running after {RUN_ALL_SECONDS} s: {seen}")


def ask_for_all(page: Page) -> None:
    """Runs all cells, and asks again if the kernel doesn't take it: a first one may be lost on its way."""
    busy = page.locator(f"{KERNEL}[data-status='busy']")
    for _ in range(3):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(AssertionError):
            expect(busy).to_be_visible(timeout=20_000)
            return


def unexpected_errors(book: dict[str, Any]) -> list[str]:
    return [
        f"{cell['id']}: {output['ename']}: {output['evalue']}"
        for cell in book["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error" and "raises-exception" not in cell["metadata"].get("tags", [])
    ]


def test_the_first_lesson_runs_and_takes_a_prediction(page: Page, url: str, course_copy: Path) -> None:
    notebook = open_notebook(page, url, "00_start")
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

    cell = notebook.locator(".jp-CodeCell").filter(has_text=re.compile(r"progress\(\)"))
    cell.locator(".jp-OutputArea-output").click()
    page.keyboard.press("Control+Enter")
    row = cell.get_by_role("row").filter(has=page.get_by_role("rowheader", name="00 Start here"))
    expect(row).to_contain_text("1 of 4, 1 right")


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_figures_are_shown_and_an_exercise_can_be_started(page: Page, url: str, course_copy: Path) -> None:
    notebook = open_notebook(page, url, "01_containers")
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
    expect(panel.locator(".course-exercise-output")).to_contain_text("on “It is called heartbeat”")
