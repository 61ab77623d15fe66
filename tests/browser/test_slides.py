"""The decks in a browser: nothing from the network, and the answer after the question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Request, expect

from course.paths import repository

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all decks."""
    out = tmp_path_factory.mktemp("slides")
    command = [sys.executable, "-m", "slides", "--out", str(out)]
    done = subprocess.run(command, cwd=repository(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def test_a_deck_is_walked_through_without_a_network(decks: Path, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    trouble: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            trouble.append(request.url)

    page.on("request", asked)
    page.on("requestfailed", lambda request: trouble.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto((decks / "04_layers.html").as_uri())
    expect(page.locator("section.present h1")).to_contain_text("Layers")
    for _ in range(page.evaluate("Reveal.getTotalSlides()") * 3):  # a slide may come in several parts
        if page.evaluate("Reveal.isLastSlide()"):
            break
        page.keyboard.press("Space")
    assert page.evaluate("Reveal.isLastSlide()")
    assert trouble == []


def test_an_answer_comes_after_its_question(decks: Path, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto((decks / "06_networking.html").as_uri())
    slide = page.locator("section.present:not(.stack)")
    for _ in range(200):
        if slide.locator(".fragment:has-text('What happened:')").count():
            break
        page.keyboard.press("Space")
    answer = slide.locator(".fragment:has-text('What happened:')").first
    expect(answer).to_have_css("opacity", "0")
    page.keyboard.press("Space")
    expect(answer).to_have_css("opacity", "1")


def test_the_list_of_decks_leads_to_each_and_shuts_nobody_out(decks: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto((decks / "index.html").as_uri())
    links = page.locator("li a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == sorted(path.name for path in decks.glob("[0-9]*.html"))
    assert Axe().run(page).response["violations"] == []
