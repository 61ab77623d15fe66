"""The page as a PDF, printed by a browser: the page is laid out once, and every browser can do it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from course.errors import InputError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge", "msedge")
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_SECONDS = 90
_PRINT = "Open the page in any browser and print it: it is made for one sheet of A4 or Letter."


def to_pdf(page: Path, target: Path) -> None:
    """Writes `target` from the page at `page`. Raises InputError where there is no browser, or it fails."""
    browser = _browser()
    if browser is None:
        raise InputError("There is no Chromium, Chrome or Edge here that would write a PDF.", hint=_PRINT)
    # Chromium's sandbox refuses root. The page is our own and loads nothing.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="course-pdf-") as profile:
        words = [browser, "--headless", "--disable-gpu", *as_root, f"--user-data-dir={profile}"]
        words += ["--no-pdf-header-footer", f"--print-to-pdf={target.absolute()}", page.absolute().as_uri()]
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{Path(browser).name} wrote no PDF: {error}", hint=_PRINT) from error
    if done.returncode or not target.is_file():
        raise InputError(f"{Path(browser).name} wrote no PDF: {done.stderr.strip()[-300:]}", hint=_PRINT)


def _browser() -> str | None:
    found = (shutil.which(name) for name in _BROWSERS)
    return next((path for path in (*found, *filter(os.path.exists, _ELSEWHERE)) if path), None)
