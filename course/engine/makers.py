"""Which process made a thing that it also removes itself, and whether that process is gone.

A check labels so what it makes: while it runs, nobody else may take its things away; once it was killed,
the next one must. A process is known only on its own machine, and there by those who count processes with
it; of all others the age decides.
"""

from __future__ import annotations

import functools
import os
import platform
import time
from pathlib import Path

from course.engine.labels import PREFIX

MAKER = f"{PREFIX}.maker"
"""The label: place, process id and time of making."""
LONGEST = 3600.0
"""Seconds after which a thing is left over in any case: a check ends long before."""


def made_by() -> dict[str, str]:
    """The label for what this process makes now, and removes itself."""
    return {MAKER: f"{_place()} {os.getpid()} {time.time():.0f}"}


def is_gone(maker: str, longest: float = LONGEST) -> bool:
    """Whether the process of a label's value has ended, as far as can be told from here; in any case, if
    the thing is older than `longest` seconds."""
    try:
        place, process, made = maker.split(" ")
        if time.time() - float(made) > longest:
            return True
        return place == _place() and not _exists(int(process))
    except ValueError:
        return True  # nobody writes such a label, and nobody will remove its bearer


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@functools.cache
def _place() -> str:
    """The machine since it was started, and the process ids' space in it. Without spaces."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux
        return platform.node().replace(" ", "-")
