"""A real JupyterLab on a copy of the course, and a real Chromium in front of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import APIError
from playwright.sync_api import Browser, Page, expect, sync_playwright

from course import lab
from course.engine.connect import connect
from course.engine.ledger import Ledger

ROOT = Path(__file__).parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox: Chromium refuses to make one for root. The rest keeps it from asking anybody anything.
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]


# Not how long a step should take, but when to give up: the machine may be busy with other tests.
_PATIENCE = 60_000
expect.set_options(timeout=_PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; a skip with the reason where there is none."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on PATH (Debian: apt-get install chromium)")
    try:
        playwright = sync_playwright().start()
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"Playwright's driver doesn't start (Debian: apt-get install libatomic1): {error}")
    browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture(scope="module")
def course_copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the lessons and exercises, so that running and saving changes nothing here."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "exercises", root / "exercises")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(root))
        patch.setenv("COURSE_HOME", str(root / "home"))
        patch.setenv("JUPYTERLAB_SETTINGS_DIR", str(root / "settings"))  # the theme is set in here
        patch.delenv("COURSE_WORK", raising=False)
        yield root
        remove_what_was_made()


def remove_what_was_made() -> None:
    """Removes what the lessons of this COURSE_HOME made: a page that closes leaves its kernel no time to."""
    with contextlib.closing(connect()) as client, contextlib.closing(Ledger()) as ledger:
        found = ledger.entries(str(client.info()["ID"]))
        for entry in sorted(found, key=lambda one: one.kind != "container"):  # they hold what the rest is
            thing = entry.id or entry.name
            with contextlib.suppress(APIError):
                if entry.kind == "container":
                    client.api.remove_container(thing, v=True, force=True)
                elif entry.kind == "image" and entry.how == "built":
                    client.api.remove_image(entry.name or entry.id, force=True)
                elif entry.kind == "network":
                    client.api.remove_network(thing)
                elif entry.kind == "volume":
                    client.api.remove_volume(entry.name)


@pytest.fixture(scope="module")
def url(course_copy: Path) -> Iterator[str]:
    """Where JupyterLab serves the copy, with its token."""
    with lab.serving() as served:
        yield served.url


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a theme. COURSE_SHOTS names a folder for screenshots of its end."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    yield page
    if shots := os.environ.get("COURSE_SHOTS"):
        Path(shots).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(shots) / f"{request.node.name}.png")
    context.close()
