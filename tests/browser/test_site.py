"""The static site as a reader meets it: pages audited by axe-core, headings, pictures, search."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from course.paths import repository

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
LESSONS = sorted(path.stem for path in (repository() / "notebooks").glob("[0-9]*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the pages. Sphinx's warnings are errors: a link that leads nowhere is one."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "website", "--out", str(out)]
    done = subprocess.run(command, cwd=repository(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(color_scheme=request.param)
    yield context.new_page()
    context.close()


def some_of(pages: list[Path], page: Page) -> list[Path]:
    """All in light colours. In dark ones the tasks, pages of a few lines, are left out but for the first."""
    if page.evaluate("matchMedia('(prefers-color-scheme: light)').matches"):
        return pages
    tasks = [path for path in pages if path.name[:2].isdigit() and path.name[2] == "-"]
    return [path for path in pages if path not in tasks[1:]]


# Most of an audit is contrasts, and most texts are words of code: a thousand on a page, in five looks.
_EACH_LOOK_ONCE = """() => {
  const seen = new Set()
  for (const word of document.querySelectorAll('.highlight pre span')) {
    const own = getComputedStyle(word), block = getComputedStyle(word.closest('.highlight'))
    const look = [own.color, own.backgroundColor, own.fontSize, own.fontWeight, block.backgroundColor].join()
    if (seen.has(look)) word.replaceWith(...word.childNodes)
    seen.add(look)
  }
}"""


def test_no_page_shuts_anybody_out(site: Path, page: Page) -> None:
    faults = []
    for path in some_of(sorted(site.glob("*.html")), page):
        page.goto(path.as_uri())
        page.evaluate(_EACH_LOOK_ONCE)
        found = Axe().run(page).response["violations"]
        faults += [f"{path.name}: {one['id']} ({one['impact']}): {one['nodes'][0]['html']}" for one in found]
    assert faults == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_s_headings_and_pictures(site: Path, chromium: Browser, lesson: str) -> None:
    page = chromium.new_page()
    page.goto((site / f"{lesson}.html").as_uri())
    headings = page.locator("article").locator("h1, h2, h3, h4")
    levels = [int(tag[1]) for tag in headings.evaluate_all("all => all.map(one => one.tagName)")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    pictures = page.locator("article img")
    for picture in pictures.all():
        assert len(picture.get_attribute("alt") or "") > 20
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("one => one.naturalWidth") > 100
    page.close()


def test_the_search_finds_a_word_of_a_lesson(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_placeholder("Search").first.fill("whiteout")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results a[href^='04_layers.html']").first).to_be_visible()


def test_a_lesson_leads_to_its_tasks(site: Path, page: Page) -> None:
    page.goto((site / "04_layers.html").as_uri())
    page.get_by_role("link", name="04-slim-layers").click()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_text("course check 04-slim-layers")).to_be_visible()
