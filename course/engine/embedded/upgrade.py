"""A newer version of the embedded engine in place of the one that is there."""

from __future__ import annotations

from dataclasses import dataclass

from course.engine.embedded import machine, packages, processes
from course.engine.embedded.layout import Layout, layout
from course.engine.embedded.lifecycle import found_engine, locked, start, stop
from course.engine.embedded.packages import Unpacked
from course.engine.find import embedded_address
from course.errors import EngineStartFailed, NoEngine
from course.steps import SILENT, Steps


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade found."""

    before: str  # version in the cache; "" if there was none
    version: str
    suite: str
    restarted: bool


def upgrade(steps: Steps = SILENT) -> Upgraded:
    """Brings the embedded engine to the newest version that its suite offers, unpacked beside the old one.

    Where it runs in an older version, it is stopped as `down` does it and the new one is started on the same
    data; if that fails, the old one is started again. Then the old one is deleted.
    Raises NoEngine, PackageError or EngineStartFailed.
    """
    where = layout()
    _refuse_foreign()
    with locked(where):
        old = packages.cached("engine")
        new = packages.newest("engine", steps)
        pid = processes.daemon(where)
        restart = pid is not None and not processes.runs_from(pid, new.root)
        if restart:
            machine.ensure_pieces(steps)
            stop(where, steps)
            with steps.step(f"Starting Docker Engine {new.version} ({new.suite})"):
                _start_or_go_back(where, new, old, steps)
        packages.drop_older(new)
    return Upgraded(old.version if old else "", new.version, new.suite, restart)


def _start_or_go_back(where: Layout, new: Unpacked, old: Unpacked | None, steps: Steps) -> None:
    try:
        start(where, new, steps)
    except EngineStartFailed as error:
        if old is None or old.root == new.root:
            raise
        packages.drop(new)
        start(where, old, steps)
        raise EngineStartFailed(
            f"Docker Engine {new.version} does not start here; {old.version} runs again. {error}",
            hint="Go on with it: its data is as it was. See what the new one said: course doctor",
            detail=error.detail,
        ) from error


def _refuse_foreign() -> None:
    """Raises NoEngine if the engine that is in use isn't the course's own: that one has tools of its own."""
    if (found := found_engine()) and found.url != embedded_address().url:
        raise NoEngine(
            f"The engine in use, at {found}, is not the course's own, and not the course's to upgrade.",
            hint="Upgrade it with the tools that installed it.",
        )
