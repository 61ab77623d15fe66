"""Proves, once per engine, that a build goes beneath the cage's control group before a learner's does.

How an engine names control groups depends on its driver, the kernel's version of them, and on what it runs
in. A wrong name would not fail: the build would go somewhere else, without limits, and a fork bomb with it.
"""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from pathlib import Path
from typing import Any

from checkers import buildx
from checkers.cage import IMAGE, Cage
from checkers.limits import Limits
from course.build.buildx import DockerCli
from course.engine.labels import made_image
from course.engine.makers import made_by
from course.errors import BuildError
from course.paths import paths

_SEEN = "ls -d /sys/fs/cgroup/pids/buildkit /sys/fs/cgroup/buildkit 2>/dev/null"


def holds(cli: DockerCli, cage: Cage, info: dict[str, Any], limits: Limits) -> bool:
    """Whether this engine puts a build's steps beneath the cage. The answer yes is kept, in the cache."""
    known = paths().cache / "caged" / _fingerprint(info)
    if known.exists():
        return True
    parent = cage.cgroup_parent(info)
    if not parent or not _tried(cli, cage, parent, limits):
        return False
    known.parent.mkdir(parents=True, exist_ok=True)
    known.touch()
    return True


def _tried(cli: DockerCli, cage: Cage, parent: str, limits: Limits) -> bool:
    """Runs a harmless step, and looks from inside the cage for the group that BuildKit made for it."""
    tag = f"course-check-{uuid.uuid4().hex[:12]}:proof"
    with tempfile.TemporaryDirectory(prefix="course-check-") as folder:
        (Path(folder) / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN : {tag}\n")
        try:
            buildx.build(
                cli,
                Path(folder),
                tag=tag,
                buildargs={},
                labels=made_image(tag) | made_by(),
                cgroup_parent=parent,
                limits=limits,
            )
        except BuildError:
            return False
        finally:  # also after a timeout or Ctrl-C: the engine may have had the image just before
            cage.forget_image(tag)
    return bool(cage.run(_SEEN).out.strip())


def _fingerprint(info: dict[str, Any]) -> str:
    """An engine as it stands: another version, driver or kernel is proved again."""
    keys = ("ID", "ServerVersion", "CgroupDriver", "CgroupVersion", "KernelVersion")
    facts = [info.get(key) for key in keys]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
