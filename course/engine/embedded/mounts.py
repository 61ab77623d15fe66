"""Mounts: what lies under a folder, whether overlay works there, and how to unmount what was left."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Mount:
    """A line of /proc/self/mountinfo (proc(5))."""

    point: Path
    kind: str  # ext4, overlay, cgroup2, …


def mounts(text: str | None = None) -> list[Mount]:
    """All mounts of this namespace, in the order in which they were made."""
    found = []
    for line in (_MOUNTINFO.read_text(errors="replace") if text is None else text).splitlines():
        before, _, after = line.partition(" - ")
        found.append(Mount(Path(_unescape(before.split(" ")[4])), after.split(" ")[0]))
    return found


def below(folder: Path) -> list[Path]:
    """Mount points at or under `folder`, the innermost and latest first."""
    return [one.point for one in reversed(mounts()) if one.point.is_relative_to(folder)]


def file_system(folder: Path) -> str:
    """The kind of file system that holds `folder`: ext4, overlay, tmpfs, …"""
    real = folder.resolve()
    holding = [one for one in mounts() if real.is_relative_to(one.point)]
    return max(holding, key=lambda one: len(one.point.parts)).kind if holding else "unknown"


def cgroup_mounted() -> bool:
    """Whether a cgroup file system of either version is mounted."""
    return any(one.kind in ("cgroup", "cgroup2") for one in mounts())


def overlay_refusal(folder: Path) -> str:
    """Why an overlay can't be mounted with its layers in `folder`; empty if it can. Tries it."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".overlay-test-") as scratch:
        parts = {name: Path(scratch) / name for name in ("lower", "upper", "work", "merged")}
        for part in parts.values():
            part.mkdir()
        options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
        command = ["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return run.stderr.strip() or f"mount ended with code {run.returncode}"
        subprocess.run(["umount", str(parts["merged"])], check=True)
    return ""


def unmount(points: list[Path]) -> None:
    """Unmounts the latest mount on each of `points`, in their order. What won't go stays."""
    for point in points:
        # Lazily: what a killed container still held goes away with its last process.
        subprocess.run(["umount", "--lazy", str(point)], capture_output=True, check=False)


def _unescape(text: str) -> str:
    for code, char in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(code, char)
    return text
