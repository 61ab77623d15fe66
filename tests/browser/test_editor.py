"""The editor of an exercise's files in a real JupyterLab, mostly by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lesson import LessonPage

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(300)]

EXERCISE = "02-from-scratch"


@pytest.fixture
def lesson(page: Page, url: str, course_copy: Path) -> LessonPage:
    return LessonPage(page, url, course_copy)


@pytest.fixture
def copy(course_copy: Path) -> Path:
    return course_copy / "work" / EXERCISE


def opened(lesson: LessonPage) -> Locator:
    panel = lesson.run(f'exercise("{EXERCISE}")').locator(".course-exercise")
    panel.get_by_role("button", name="Start").click()
    panel.get_by_role("tab", name="Dockerfile").click()
    return panel


def output(panel: Locator) -> Locator:
    return panel.locator(".course-exercise-output")


@pytest.mark.parametrize("page", ["light"], indirect=True)
def test_edit_fail_take_a_hint_pass_and_see_the_difference(
    lesson: LessonPage, page: Page, course_copy: Path, copy: Path
) -> None:
    panel = opened(lesson)
    area = panel.get_by_role("textbox", name="Text of Dockerfile")
    starter = (copy / "Dockerfile").read_text(encoding="utf-8")
    expect(area).to_have_value(starter)

    area.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine\n")
    expect(panel.get_by_role("tab", name="Dockerfile, not saved")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(panel.locator(".course-editor-notice")).to_contain_text("Dockerfile is saved.")
    assert (copy / "Dockerfile").read_text(encoding="utf-8") == "# mine\n" + starter

    panel.get_by_role("button", name="Difference").click()
    expect(output(panel)).to_contain_text("no version has passed yet")
    expect(output(panel).locator("ins")).to_have_text("+# mine")

    page.keyboard.press("Tab")
    area.focus()
    page.keyboard.press("Control+Enter")  # checks
    expect(panel.locator(".course-report")).to_contain_text("not yet", timeout=120_000)
    panel.get_by_role("button", name="Hint").click()
    expect(output(panel)).to_contain_text("Hint 1 of")
    expect(panel.locator(".course-report")).to_contain_text("not yet")  # the hint is about it, so it stays

    solution = course_copy / "exercises" / EXERCISE / "solution" / "Dockerfile"
    area.fill(solution.read_text(encoding="utf-8"))
    panel.get_by_role("button", name="Check").click()  # saves first
    expect(panel.locator(".course-report")).to_contain_text("passed", timeout=120_000)
    panel.get_by_role("button", name="Hint").click()
    expect(output(panel)).to_contain_text("nothing left to hint at")

    area.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("# later\n")
    panel.get_by_role("button", name="Difference").click()
    expect(output(panel)).to_contain_text("since your last passing version")
    expect(output(panel).locator("ins")).to_have_text("+# later")


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_keys_files_and_another_programs_change(lesson: LessonPage, page: Page, copy: Path) -> None:
    panel = opened(lesson)
    area = panel.get_by_role("textbox", name="Text of Dockerfile")
    notice = panel.locator(".course-editor-notice")

    area.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    assert area.input_value().startswith("  ")
    page.keyboard.press("Shift+Tab")
    assert not area.input_value().startswith(" ")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Save")).to_be_focused()

    name = panel.get_by_role("textbox", name="Name of a new file")
    name.fill("src/new.py")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("tab", name="src/new.py")).to_have_attribute("aria-selected", "true")
    new = panel.get_by_role("textbox", name="Text of src/new.py")
    expect(new).to_be_focused()
    page.keyboard.type("print('new')\n")
    page.keyboard.press("Control+s")
    expect(notice).to_contain_text("src/new.py is saved.")
    assert (copy / "src/new.py").read_text(encoding="utf-8") == "print('new')\n"

    name.fill("../outside")
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("is no name for a file of your working copy")
    assert not (copy.parent / "outside").exists()

    panel.get_by_role("button", name="Delete file").click()
    expect(notice).to_contain_text("It is kept")
    expect(panel.get_by_role("tab", name="src/new.py")).to_have_count(0)
    assert not (copy / "src/new.py").exists()

    panel.get_by_role("tab", name="Dockerfile").click()
    area.focus()
    page.keyboard.type("# mine\n")
    (copy / "Dockerfile").write_text("FROM busybox:1.37\n", encoding="utf-8")
    page.keyboard.press("Control+s")
    expect(notice).to_contain_text("was changed by another program")
    panel.get_by_role("button", name="Take its text").click()
    expect(area).to_have_value("FROM busybox:1.37\n")

    (copy / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    page.get_by_role("menuitem", name="File", exact=True).focus()
    area.focus()  # what another program wrote is seen when one comes back
    expect(area).to_have_value("FROM scratch\n")
