"""The explorer with 25,000 files in Chromium: from its data's arrival to the first picture, and scrolling."""

from __future__ import annotations

import base64
import json
import shutil
import statistics
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench._measure import rounds, seconds
from course.layers import Entry, Image, Layer
from course.widgets.explorer import Explorer

TARGETS = {"open_seconds": "< 1", "longest_frame_seconds": "< 1"}
_FILES = 25_000
_ROUNDS = 5
_SCROLL_SECONDS = 3
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The widget's own module and data, and of the notebook only what the module asks for: a model and an element.
_OPEN = """
async ([code, style, traits, columns]) => {
  const raw = Uint8Array.from(atob(columns), (letter) => letter.charCodeAt(0));
  const values = { ...traits, columns: new DataView(raw.buffer) };
  const module = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const sheet = document.createElement("style");
  sheet.textContent = style;
  const place = document.createElement("div");
  document.body.replaceChildren(sheet, place);
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  module.default.render({ model: { get: (name) => values[name], on() {}, off() {} }, el: place });
  // The second frame begins when the first one has been painted.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [(performance.now() - began) / 1000, document.querySelectorAll("[role=treeitem]").length];
}
"""
_SCROLL = """
async (seconds) => {
  const tree = document.querySelector("[role=tree]");
  const frames = [performance.now()];
  const end = frames[0] + seconds * 1000;
  while (frames.at(-1) < end) {
    tree.scrollTop = (tree.scrollHeight * (frames.at(-1) - frames[0])) / (seconds * 1000);
    await new Promise(requestAnimationFrame);
    frames.push(performance.now());
  }
  const gaps = frames.slice(1).map((time, place) => (time - frames[place]) / 1000);
  const rows = document.querySelectorAll("[role=treeitem]").length;
  return [Math.max(...gaps), gaps.length / seconds, tree.scrollHeight, rows];
}
"""


def run() -> dict[str, float]:
    """Medians: seconds in the page; seconds in Python; megabytes sent; frames a second; rows in the page."""
    image = _image()
    packing = seconds(lambda: Explorer(image))
    widget = Explorer(image)
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise RuntimeError("no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        opened = [_opened(page, widget) for _ in rounds(_ROUNDS, "opening")]
        page.get_by_label("Search paths").fill("file")  # which opens every folder
        longest, rate, height, rows = page.evaluate(_SCROLL, _SCROLL_SECONDS)
        browser.close()
    if height < _FILES * 20:
        raise RuntimeError(f"only {height} pixels to scroll: not all files are listed")
    return {
        "open_seconds": statistics.median(opened),
        "longest_frame_seconds": longest,
        "frames_per_second": rate,
        "rows_in_the_page": rows,
        "python_seconds": packing,
        "sent_mb": len(widget.columns) / 1e6,
    }


def _opened(page: Page, widget: Explorer) -> float:
    traits: dict[str, Any] = {"heading": widget.heading, "layers": widget.layers}
    columns = base64.b64encode(widget.columns).decode()
    code, style = str(widget._esm), str(widget._css)
    took, rows = page.evaluate(_OPEN, [code, style, json.loads(json.dumps(traits)), columns])
    if not rows:
        raise RuntimeError("the explorer shows no row")
    return float(took)


def _image() -> Image:
    """25,000 files in 250 folders over five layers, each of which rewrites some of the one before."""
    each = _FILES // 5
    layers = []
    for index in range(5):
        first = index * each
        entries = [
            Entry(f"usr/lib/folder-{number // 100:03}/file-{number:05}.py", "file", 100 + number % 5000)
            for number in range(first, first + each)
        ]
        entries += [
            Entry(f"usr/lib/folder-{number // 100:03}/file-{number:05}.py", "file", 50)
            for number in range(max(0, first - 500), first)
        ]
        size = sum(entry.size for entry in entries)
        layers.append(Layer(index, instruction=f"RUN make {index}", entries=tuple(entries), tar_bytes=size))
    return Image("bench", tuple(layers))
