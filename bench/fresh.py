"""A fresh `make lab`, split into its parts: a new environment, a new cache, a new engine, nothing at hand.

Everything is done really. What needs the network is done here, in a folder of its own; the engine runs on a
machine within the machine, where it meets no other one. That machine reaches no registry, so its base images
are stand-ins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._measure import Skipped, seconds
from tests.engine.sandbox import Sandbox, sandbox

TARGETS = {"images_seconds": "<= 240"}
ROOT = Path(__file__).resolve().parent.parent
_MOST = 1200.0  # seconds for any one part
_TIMED = """
import json, sys, time
from contextlib import contextmanager

class Quiet:
    def update(self, done=None, total=None, note=""): pass

class Timed:
    def __init__(self): self.took = {}
    def note(self, text): print(text, file=sys.stderr)
    @contextmanager
    def step(self, title, *, unit=""):
        began = time.monotonic()
        yield Quiet()
        self.took[title] = time.monotonic() - began

steps, began = Timed(), time.monotonic()
"""
# What `prepare` would fetch on its way: the engine, and what the stand-ins of the first chapters are made of.
_FETCH = """
import platform
from course.engine.embedded import packages
from course.images.catalogue import find, for_chapters
from course.images.debs import Archive, debian_arch
from course.images.standins import FOLDER
from course.images.wheels import fetch_wheel
from course.paths import paths
from course.prepare import FIRST_CHAPTERS

packages.ensure("engine", steps)
cache = paths().cache / "images"
archive = Archive(cache / "debian", debian_arch(platform.machine()))
names = set(for_chapters(FIRST_CHAPTERS))
recipes = [find(name).recipe for name in names | {find(name).recipe.base for name in names} - {""}]
with steps.step("Fetching packages for images"):
    for recipe in recipes:
        archive.files(recipe.packages)
        archive.files(recipe.trees)
        if recipe.wheel:
            fetch_wheel(FOLDER / "wheels.txt", recipe.wheel, archive.arch, cache / "wheels")
"""
_PREPARE = """
from course.prepare import prepare
prepare(steps=steps, stand_ins=True)
"""
_REPORT = "\nprint(json.dumps({**steps.took, 'all': time.monotonic() - began}))\n"


def run() -> dict[str, float]:
    """Seconds for what is downloaded, what is installed from it, the images, and the start of engine and
    JupyterLab. Raises Skipped where the machine within the machine can't be had."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skipped("needs root on Linux: the engine runs in namespaces of its own")
    if not shutil.which("apt-get") or not all(map(_on_path, ("runc", "iptables"))):
        raise Skipped("needs a Debian-like system with runc and iptables")
    with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> dict[str, float]:
    tree = folder / "course"
    tree.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x"], cwd=tree, input=archive.stdout, check=True)
    caches = {name: str(folder / name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR")}
    all_of_it = seconds(lambda: _set_up(tree, caches))
    shutil.rmtree(tree / ".venv")
    install = seconds(lambda: _set_up(tree, caches))  # from what is downloaded by now
    home = {"COURSE_HOME": str(folder / "home")}
    python = str(tree / ".venv/bin/python")
    fetched = _parts(
        subprocess.Popen(
            [python, "-c", _TIMED + _FETCH + _REPORT],
            env=os.environ | home,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    unpacking = fetched.get("Unpacking", 0.0)
    with sandbox(folder / "box", folder / "home/cache", data_size="12g") as box:
        prepared = _parts(box.popen([python, "-c", _TIMED + _PREPARE + _REPORT]))
        starting = sum(took for title, took in prepared.items() if title.startswith("Starting"))
        lab = seconds(lambda: _serve(box, tree))
    return {
        "download_seconds": max(all_of_it - install, 0.0) + fetched["all"] - unpacking,
        "install_seconds": install + unpacking,
        "images_seconds": prepared["all"] - starting,
        "start_seconds": starting + lab,
    }


def _set_up(tree: Path, caches: dict[str, str]) -> None:
    command = [sys.executable, "scripts/setup.py"]
    subprocess.run(command, cwd=tree, env=os.environ | caches, check=True, stderr=subprocess.DEVNULL)


def _parts(process: subprocess.Popen[str]) -> dict[str, float]:
    said, wrong = process.communicate(timeout=_MOST)
    if process.returncode != 0:
        raise RuntimeError(f"a part of the fresh start failed:\n{wrong or said}")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def _serve(box: Sandbox, tree: Path) -> None:
    process = box.popen([str(tree / ".venv/bin/course"), "lab", "--no-browser"])
    for line in process.stdout or ():
        if re.search(r"http://\S+/lab\S*\?token=", line):
            process.kill()
            return
    raise RuntimeError("JupyterLab ended without serving")


def _on_path(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is not None
