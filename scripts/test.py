"""Runs the whole suite: what `make test` and CI do. Arguments go to pytest in place of "tests".

Without an engine the unit tests still run and the rest is skipped with the reason; with CI=true that fails.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main() -> int:
    keep_bytecode()
    ci = os.environ.get("CI") == "true"
    ready = run(BIN / "course", "prepare", "--all", "--stand-ins" if ci else "")
    if ready == 130:
        return 130
    if ready and ci:
        print("No engine, no proof: CI=true needs one.", file=sys.stderr)
        return 2
    if ci:
        bring_tools()
    checks = [
        run(BIN / "ruff", "check", "--quiet", "."),
        run(BIN / "ruff", "format", "--check", "--quiet", "."),
        run(BIN / "mypy", "--no-error-summary"),
    ]
    # Where the time goes is asked on the machine that nobody can look into.
    times = ["--durations=40", "--durations-min=10"] if ci else []
    tests = run(BIN / "pytest", "-n", "2", "--dist", "loadscope", *times, *(sys.argv[1:] or ["tests"]))
    if any(checks):
        print("Lint or types failed: see above, or run make check.", file=sys.stderr)
    return tests or max(checks)


def keep_bytecode() -> None:
    """Has the programs of a run compile each module once, where no bytecode may lie beside the sources.

    A run starts Python some hundred times: kernels, JupyterLab, `course`, pytest itself. Compiling what they
    import takes each of them one to ten seconds.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "build" / "pycache"))


WANTED = {
    # a Debian package: what it is looked for by (programs or a library), and what it serves
    "chromium": (("chromium", "google-chrome", "chromium-browser"), "for the browser tests"),
    "e2fsprogs": (("mkfs.ext4",), "for the tests of an engine inside a container"),
    "libatomic1": (("libatomic.so.1",), "for the driver of the browser tests"),
}
"""Tests skip with the reason where one is missing."""


def bring_tools() -> None:
    """Installs what some tests want, where that can be done unasked: as root of a CI machine."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name, (signs, _) in WANTED.items() if not any(there(sign, path) for sign in signs)]
    if not missing or not there("apt-get", path) or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    for name in missing:
        print(f"  · installing {name} with apt-get, {WANTED[name][1]}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "-qq", *words], env=environment, stdout=subprocess.DEVNULL, check=False)


def there(sign: str, path: str) -> bool:
    if ".so" not in sign:
        return shutil.which(sign, path=path) is not None
    try:
        ctypes.CDLL(sign)
    except OSError:
        return False
    return True


def run(*command: object) -> int:
    words = [str(word) for word in command if word != ""]
    print(f"$ {Path(words[0]).name} {' '.join(words[1:])}", file=sys.stderr, flush=True)
    try:
        return subprocess.run(words, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
