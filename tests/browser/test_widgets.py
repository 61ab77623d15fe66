"""The widgets in a real JupyterLab, over the real engine: keys, filters, dragging, filling while it runs."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lesson import LessonPage

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(300)]

HOSTILE = "<img src=x onerror=document.title=1>"


@pytest.fixture
def lesson(page: Page, url: str, course_copy: Path) -> LessonPage:
    return LessonPage(page, url, course_copy)


def fresh(cell: str) -> str:
    """The cell with steps that no build before has left in the engine's cache."""
    return cell.replace("UNIQUE", uuid.uuid4().hex)


def is_focused(locator: Locator) -> bool:
    return bool(locator.evaluate("item => item === document.activeElement"))


def overflowing(widget: Locator) -> list[str]:
    """The parts that stick out of the widget to the right, which is what a narrow page cuts off."""
    found = widget.evaluate(
        """box => [...box.querySelectorAll("*")].filter(one => !one.closest("[class*=scroll]"))
        .filter(one => one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
        .map(one => one.className || one.tagName)"""
    )
    return [str(name) for name in found]


GRAPH = """\
(place / "Dockerfile").write_text('''FROM busybox:1.37 AS one
RUN echo UNIQUE; echo "HOSTILE"; while [ ! -e /never ] && [ $((i=i+1)) -lt 4 ]; do sleep 1; done
FROM busybox:1.37
COPY --from=one /bin/sh /copied
RUN echo UNIQUE last
''')
built = watch_build(place, name("watched"))
"""


def test_a_build_fills_its_graph_while_it_runs_and_tells_of_each_step(lesson: LessonPage) -> None:
    notebook = lesson.run(fresh(GRAPH.replace("HOSTILE", HOSTILE)))
    graph = notebook.locator(".course-graph")
    step = graph.get_by_role("button", name=re.compile("RUN echo .*sleep"))
    last = graph.get_by_role("button", name=re.compile("RUN echo .* last"))
    expect(step).to_have_class(re.compile("course-running"))
    expect(last).to_have_class(re.compile("course-waiting"))  # announced, and not begun
    expect(step).to_contain_text(re.compile(r"[1-9]\.\d s"))  # the clock goes on, though BuildKit is silent
    expect(step).to_have_class(re.compile("course-running"))
    expect(graph.get_by_role("status")).to_contain_text("The build is done.")
    expect(last).to_have_class(re.compile("course-done"))

    step.focus()
    lesson.page.keyboard.press("ArrowUp")
    assert is_focused(graph.get_by_role("button", name=re.compile("FROM busybox")).first)
    lesson.page.keyboard.press("ArrowDown")
    assert is_focused(step)
    lesson.page.keyboard.press("Enter")
    expect(step).to_have_attribute("aria-expanded", "true")
    expect(graph.locator(".course-graph-log")).to_have_text(re.compile(re.escape(HOSTILE)))
    expect(graph.locator(".course-graph-source strong")).to_contain_text("2  RUN echo")
    assert overflowing(graph) == []
    lesson.page.keyboard.press("Escape")
    expect(graph.locator(".course-graph-log")).to_have_count(0)
    expect(notebook.locator(".jp-RenderedImage img")).to_be_visible()  # what ran when, as a picture


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_a_failed_build_shows_the_step_and_what_was_not_run(lesson: LessonPage) -> None:
    cell = '(place / "Dockerfile").write_text("FROM busybox:1.37\\nRUN echo gone; exit 3\\nRUN ls\\n")\n'
    graph = lesson.run(cell + 'watch_build(place, name("watched"))').locator(".course-graph")
    expect(graph.get_by_role("status")).to_contain_text("The build failed.")
    expect(graph.locator(".course-failed")).to_contain_text("RUN echo gone; exit 3")
    expect(graph.get_by_role("button", name=re.compile("RUN ls"))).to_contain_text("not run")


EXPLORED = """\
(place / "Dockerfile").write_text('''FROM busybox:1.37
RUN mkdir -p /d/e && head -c 5000 /dev/zero > /d/kept && head -c 70000 /dev/zero > /d/gone
RUN rm /d/gone && echo more >> /d/kept && seq 1 3000 | while read n; do echo $n > /d/e/f$n; done
''')
tag = name("explored")
build(place, tag)
explore(tag)
"""


def test_the_explorer_is_used_by_keyboard_and_filters_what_it_shows(lesson: LessonPage) -> None:
    page = lesson.page
    explorer = lesson.run(EXPLORED).locator(".course-explorer")
    layers, tree = explorer.get_by_role("listbox", name="Layers"), explorer.get_by_role("tree")
    expect(explorer.get_by_role("heading")).to_contain_text("75 kB of it hidden")

    layers.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    expect(explorer.get_by_role("option", selected=True)).to_contain_text("mkdir -p /d/e")
    hidden = explorer.get_by_label(re.compile("hidden"))
    expect(explorer.locator("label", has_text="hidden")).to_contain_text(re.compile(r"hidden\s*2$"))
    explorer.get_by_label("Search paths").fill("d/")  # BuildKit leaves its mount points in the layer, too
    shown = tree.get_by_role("treeitem")
    expect(shown).to_have_text([re.compile(name) for name in ("d/", "e/", "gone", "kept")])
    expect(shown.nth(2)).to_contain_text("deleted by layer")
    expect(shown.nth(3)).to_contain_text("written again by layer")
    hidden.uncheck()
    expect(shown).to_have_text([re.compile("d/"), re.compile("e/")])
    hidden.check()
    explorer.get_by_label("Search paths").fill("")

    layers.focus()
    page.keyboard.press("End")
    expect(explorer.locator("label", has_text="removed")).to_contain_text(re.compile(r"removed\s*1$"))
    expect(explorer.locator("label", has_text="added")).to_contain_text(re.compile(r"added\s*3000$"))
    filters = explorer.locator("label", has_text=re.compile(r"\d+$")).all_inner_texts()
    total = sum(int(words.split()[-1]) for words in filters)
    expect(explorer.get_by_role("status")).to_contain_text(f"{total} paths")
    tree.focus()
    page.keyboard.press("ArrowRight")  # opens d
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # opens e
    page.keyboard.press("End")
    expect(tree.get_by_role("treeitem", selected=True)).to_contain_text("kept")
    assert tree.get_by_role("treeitem").count() < 80, "only what is in sight is in the page"
    page.keyboard.press("Home")
    expect(tree.get_by_role("treeitem", selected=True)).to_contain_text("d/")
    page.keyboard.press("d")
    page.keyboard.press("d")  # JupyterLab's keys for deleting the cell
    expect(explorer).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("f2999")
    expect(tree.get_by_role("treeitem")).to_have_text(
        [re.compile("d/"), re.compile("e/"), re.compile("f2999")]
    )
    assert overflowing(explorer) == []


PLAYED = """\
playground('''FROM busybox:1.37
WORKDIR /app
COPY . .
RUN echo UNIQUE installs
''', {"app.py": "print(1)", "requirements.txt": "flask"})
"""


def test_the_playground_predicts_builds_for_real_and_can_be_rearranged(lesson: LessonPage) -> None:
    page = lesson.page
    play = lesson.run(fresh(PLAYED), "clean_up()").locator(".course-playground")
    blocks = play.get_by_role("listitem")
    play.get_by_role("button", name="Build it once").click()
    expect(play.get_by_role("button", name="Rebuild")).to_be_enabled()
    expect(blocks.nth(3)).to_contain_text("▶ ran")

    play.get_by_label("app.py").fill("print(2)")
    play.get_by_label("app.py").press("Enter")  # JupyterLab forbids new lines in outputs
    expect(play.get_by_label("app.py")).to_have_value("print(2)\n")
    blocks.nth(1).get_by_role("checkbox").check()
    blocks.nth(3).get_by_role("checkbox").check()
    play.get_by_role("button", name="Rebuild").click()
    expect(play.locator(".course-playground-score")).to_have_text(
        "Your prediction was right for 2 of 3 steps."
    )
    expect(blocks.nth(1)).to_contain_text("≡ reused ✓ as you predicted")
    expect(blocks.nth(2)).to_contain_text("app.py changed")
    expect(blocks.nth(3)).to_contain_text("✗ you predicted: reused")

    blocks.nth(3).focus()
    page.keyboard.press("Alt+ArrowUp")  # the installation before the copy
    expect(blocks.nth(2)).to_contain_text("installs")
    assert is_focused(blocks.nth(2))
    play.get_by_role("button", name="Rebuild").click()
    expect(blocks.nth(2)).to_contain_text("▶ ran")
    play.get_by_label("app.py").fill("print(3)")
    play.get_by_role("button", name="Rebuild").click()
    expect(blocks.nth(2)).to_contain_text("≡ reused")  # the order that the lesson is after
    expect(blocks.nth(3)).to_contain_text("▶ ran")

    blocks.nth(2).drag_to(blocks.nth(0))
    expect(blocks.nth(0)).to_contain_text("installs")
    play.get_by_role("button", name="Rebuild").click()
    expect(blocks.nth(0)).to_have_class(re.compile("course-playground-wrong"))
    expect(play.get_by_role("status")).to_contain_text("Line 1: RUN stands before any FROM")
    blocks.nth(0).get_by_role("button", name="↓").click()
    expect(blocks.nth(1)).to_contain_text("installs")
    assert overflowing(play) == []


@pytest.mark.parametrize("page", ["light"], indirect=True)
def test_a_long_build_of_the_playground_can_be_cancelled(lesson: LessonPage) -> None:
    cell = fresh("playground('FROM busybox:1.37\\nRUN echo UNIQUE; sleep 100\\n', {'a': ''})")
    play = lesson.run(cell).locator(".course-playground")
    play.get_by_role("button", name="Build it once").click()
    expect(play.get_by_role("listitem").nth(1)).to_contain_text("running")
    play.get_by_role("button", name="Cancel").click()
    expect(play.get_by_role("status")).to_have_text("The build was cancelled.")
    expect(play.get_by_role("button", name="Build it once")).to_be_enabled()
