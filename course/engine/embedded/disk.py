"""A disk in a file for the engine's data, where the file system under it can't carry overlay.

So it is on the root of a container, which is an overlay itself. Without a disk, an engine there would
keep every layer as a full copy (vfs); on ext4 in a file it works as on a machine of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from course.engine.embedded import machine, mounts
from course.engine.embedded.layout import Layout
from course.errors import EngineStartFailed
from course.steps import SILENT, Steps

_MAX = 64_000_000_000  # bytes; the file is sparse and takes only what is written
_SHARE = 0.9  # of the free space: what is written elsewhere must not fill the file system under the disk


def ensure_overlay(where: Layout, steps: Steps = SILENT) -> None:
    """Returns when an overlay can be mounted on the data root, which may have become a disk in a file.

    Raises EngineStartFailed with the kernel's reason, or PackageError.
    """
    refusal = mounts.overlay_refusal(where.data_root)
    if not refusal:
        return
    kind = mounts.file_system(where.data_root)
    if "overlay" in Path("/proc/filesystems").read_text().split():
        refusal = _attach(where, kind, steps) or mounts.overlay_refusal(where.data_root)
    if refusal:
        raise EngineStartFailed(
            f"The course's engine can't start: no overlay can be mounted on {where.data_root} ({kind}). "
            "Without it every layer would be a full copy.",
            hint="Set COURSE_HOME to a folder on ext4, xfs, btrfs or tmpfs (in a container: on a volume). "
            "If the kernel lacks overlay: sudo modprobe overlay. Then: course up",
            detail=refusal,
        )


def delete(where: Layout) -> None:
    """Deletes the disk, if there is one. It must not be mounted."""
    where.disk.unlink(missing_ok=True)


def _attach(where: Layout, kind: str, steps: Steps) -> str:
    """Mounts the disk, made first if there is none. Returns the reason why it can't be; empty if it is."""
    if not where.disk.exists():
        steps.note(
            f"{where.data_root} is on {kind}, which can't carry overlay: its data goes into {where.disk}."
        )
        machine.ensure_pieces(steps, machine.DISK_PIECES)
        if reason := _make(where.disk):
            return reason
    # discard: what is deleted in it is given back to the file system below.
    return _run("mount", "-t", "ext4", "-o", "loop,discard", str(where.disk), str(where.data_root))


def _make(disk: Path) -> str:
    part = disk.with_suffix(".part")
    part.touch(mode=0o600)
    os.truncate(part, min(_MAX, int(shutil.disk_usage(disk.parent).free * _SHARE)))
    reason = _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", str(part))
    if reason:
        part.unlink()
    else:
        part.replace(disk)  # appears only when it is whole
    return reason


def _run(program: str, *arguments: str) -> str:
    found = shutil.which(program, path=machine.SEARCH_PATH)
    run = subprocess.run([found or program, *arguments], capture_output=True, text=True, check=False)
    return run.stderr.strip() or f"{program} ended with code {run.returncode}" if run.returncode else ""
