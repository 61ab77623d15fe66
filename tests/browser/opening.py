"""Opens JupyterLab on a lesson, whole: Chromium drops what it is loading whenever a network comes or goes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Request, expect

_LOST = "net::ERR_NETWORK_CHANGED"
_TRIES = 5


def open_notebook(page: Page, url: str, name: str) -> Locator:
    """The notebook called `name`, in the theme that the page's system asks for, with its kernel ready."""
    theme = "Dark" if is_dark(page) else "Light"
    server, _, token = url.partition("lab/tree/")
    answer = page.request.put(
        f"{server}lab/api/settings/@jupyterlab/apputils-extension:themes",
        headers={"Authorization": f"token {token.partition('token=')[2]}"},
        data={"raw": json.dumps({"theme": f"JupyterLab {theme}"})},
    )
    assert answer.ok, answer.text()
    address = re.sub(r"notebooks/[\w.]+\?", f"notebooks/{name}.ipynb?reset&", url)
    return load(page, lambda: page.goto(address))


def load(page: Page, go: Callable[[], object]) -> Locator:
    """Goes somewhere, and again while something on the way was lost to a change of the machine's networks.

    Other tests start containers beside this one, and each brings and takes a network link.
    """
    lost: list[str] = []

    def note(request: Request) -> None:
        if request.failure == _LOST:
            lost.append(request.url)

    page.on("requestfailed", note)
    try:
        for _ in range(_TRIES):
            lost.clear()
            try:
                go()
                return _ready(page)
            except Exception:
                if not lost:
                    raise
    finally:
        page.remove_listener("requestfailed", note)
    raise AssertionError(f"lost to changes of the network, {_TRIES} times: {lost}")


def is_dark(page: Page) -> bool:
    return bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))


def _ready(page: Page) -> Locator:
    notebook = page.locator(".jp-Notebook")
    expect(notebook).to_be_visible()
    light = "false" if is_dark(page) else "true"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light, timeout=20_000)
    # The first run waits for the kernel; a run asked for before there is one is lost.
    expect(page.locator(".jp-Toolbar-kernelName")).to_have_text("Python 3 (ipykernel)")
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")).to_be_visible()
    return notebook
