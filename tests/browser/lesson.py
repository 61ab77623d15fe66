"""A notebook of a test's own in a real JupyterLab."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.opening import open_notebook

START = "from course.notebook import *\nclient = connect()\nplace = workdir()"


class LessonPage:
    """A notebook of one's own, opened and run in the theme that the page's system asks for."""

    def __init__(self, page: Page, url: str, root: Path) -> None:
        self.page, self._url, self._root = page, url, root

    def run(self, *cells: str) -> Locator:
        name = f"widgets-{uuid.uuid4().hex[:6]}"
        book = json.loads(next((self._root / "notebooks").glob("0*.ipynb")).read_text(encoding="utf-8"))
        blank: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        book["cells"] = [
            {**blank, "id": f"cell-{number}", "source": cell} for number, cell in enumerate((START, *cells))
        ]
        (self._root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
        page = self.page
        notebook = open_notebook(page, self._url, name)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return notebook
