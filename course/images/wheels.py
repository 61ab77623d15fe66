"""Wheels from PyPI for stand-ins, fetched by pip and held to the hashes of standins/wheels.txt."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

from course.errors import StandInFailed

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def fetch_wheel(requirements: Path, platform: str, arch: str, cache: Path) -> Path:
    """The one wheel that `requirements` pins, for the platform such as "musllinux_1_2" and Debian's `arch`.

    It is kept in `cache`, and taken from there without asking anybody, while the pin is the same.
    Raises StandInFailed.
    """
    machine = _MACHINES.get(arch)
    if machine is None:
        raise StandInFailed(f"PyPI has no wheel of it for {arch}.")
    folder = cache / f"{platform}_{machine}"
    version = _pinned(requirements)
    if not (found := _wheel(folder, version)):
        _download(requirements, f"{platform}_{machine}", folder)
        found = _wheel(folder, version)
    if found is None:
        raise StandInFailed(f"pip fetched no wheel for {platform}_{machine}.")
    return found


def _pinned(requirements: Path) -> str:
    found = re.search(r"^[\w.-]+==([^\s;\\]+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise StandInFailed(f"{requirements.name} pins no wheel.")
    return found[1]


def _wheel(folder: Path, version: str) -> Path | None:
    return next(iter(sorted(folder.glob(f"*-{version}-*.whl"))), None)


def _download(requirements: Path, platform: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "part"
    command = [
        *pip_command(),
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        f"--platform={platform}",
        f"--dest={part}",
        f"--requirement={requirements}",
    ]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        raise StandInFailed(
            "pip could not fetch the node wheel that two stand-ins are made of.",
            hint="See whether this machine reaches PyPI: pip download six",
            detail=result.stderr.strip()[-2000:],
        )
    for wheel in part.glob("*.whl"):
        wheel.replace(folder / wheel.name)  # appears only when it is whole
    shutil.rmtree(part)


def pip_command() -> list[str]:
    """A command that runs pip, also in an environment that has none of its own. Raises StandInFailed."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    # The wheel that Python brings along to install pip from is pip itself, and runs as it is.
    bundled = [Path("/usr/share/python-wheels")]
    if (own := importlib.util.find_spec("ensurepip")) and own.origin:  # Debian: only with python3-venv
        bundled.insert(0, Path(own.origin).parent / "_bundled")
    for folder in bundled:
        for wheel in sorted(folder.glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return [pip]
    raise StandInFailed("This Python has no pip.", hint="Run: apt-get install python3-pip python3-venv")
