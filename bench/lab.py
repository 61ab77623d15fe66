"""The second `make lab` to a JupyterLab that serves, beside plain `jupyter lab`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._measure import interleaved

TARGETS = {"ratio": "≤ 1.3"}
ROOT = Path(__file__).resolve().parent.parent


def run() -> dict[str, float]:
    """Seconds from the command to the address of a serving JupyterLab, and their ratio."""
    with tempfile.TemporaryDirectory() as empty:
        ours, plain = interleaved(
            lambda: _until_serving(["make", "--silent", "lab", "ARGS=--no-browser"], str(ROOT)),
            lambda: _until_serving(
                [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"], empty
            ),
            runs=5,
        )
    return {"make_lab_seconds": ours, "jupyter_lab_seconds": plain, "ratio": ours / plain}


def _until_serving(words: list[str], folder: str) -> None:
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        for line in process.stdout or ():
            if re.search(r"http://\S+/lab\S*\?token=", line):
                return
        raise RuntimeError(f"{words} ended without serving")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
