"""Runs the whole suite: what `make test` and CI do. Extra arguments go to pytest.

Without an engine the unit tests still run and the rest is skipped with the reason; with CI=true that fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main() -> int:
    ci = os.environ.get("CI") == "true"
    ready = run(BIN / "course", "prepare", "--all", "--stand-ins" if ci else "")
    if ready == 130:
        return 130
    if ready and ci:
        print("No engine, no proof: CI=true needs one.", file=sys.stderr)
        return 2
    checks = [
        run(BIN / "ruff", "check", "--quiet", "."),
        run(BIN / "ruff", "format", "--check", "--quiet", "."),
        run(BIN / "mypy", "--no-error-summary"),
    ]
    tests = run(BIN / "pytest", "-n", "2", "--dist", "loadfile", "tests", "notebooks", *sys.argv[1:])
    if any(checks):
        print("Lint or types failed: see above, or run make check.", file=sys.stderr)
    return tests or max(checks)


def run(*command: object) -> int:
    words = [str(word) for word in command if word != ""]
    print(f"$ {Path(words[0]).name} {' '.join(words[1:])}", file=sys.stderr, flush=True)
    try:
        return subprocess.run(words, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
