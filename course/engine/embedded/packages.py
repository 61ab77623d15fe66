"""The engine's programs, taken from Debian packages and unpacked into the course's own cache.

Nothing is installed: `dpkg -x` unpacks into `cache/engine/<suite>-<version>/`, which appears in one rename.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from course.engine.describe import version_number
from course.engine.embedded.apt import Apt, Package
from course.engine.embedded.sources import mirrors
from course.errors import PackageError
from course.paths import paths
from course.steps import SILENT, Steps

SUITES = ("unstable", "trixie")
"""Where to look, in order: the newest first, and the one that is proven to fall back on."""
_KNOWN_SUITES = (*SUITES, "bookworm")
TOOLS = ("docker-cli", "docker-buildx", "docker-compose")
_ENGINE = ("docker.io", "containerd")
# The static init for `docker run --init` has a package of its own since Debian 13; before, it is in tini.
_INIT = ("tini-static", "tini")
_MIN_GLIBC = (2, 34)  # of Debian 13's and sid's dockerd, docker and containerd (dpkg-deb -f … Depends)
_CONTAINERD_STORE_SINCE = (28, 0)  # 26.1 can't build from a tar body there: moby/moby#47717


@dataclass(frozen=True)
class Unpacked:
    """A folder with an engine's programs in it, or only those of the command line."""

    root: Path
    suite: str
    version: str  # the package's: 28.5.2+dfsg4-5

    @property
    def dockerd(self) -> Path:
        return self.root / "usr/sbin/dockerd"

    @property
    def plugins(self) -> Path:
        """The folder with the CLI's plugins, docker-buildx and docker-compose."""
        return self.root / "usr/libexec/docker/cli-plugins"

    @property
    def init(self) -> Path | None:
        """The program for `docker run --init`, linked statically, so that it runs in any image."""
        path = self.root / "usr/bin/tini-static"
        return path if path.exists() else None

    @property
    def store(self) -> str:
        """The image store that this version is run with: containerd, or the graph driver overlay2."""
        return "containerd" if version_number(self.version) >= _CONTAINERD_STORE_SINCE else "overlay2"

    def search_path(self) -> str:
        """PATH with the programs first."""
        folders = [self.root / "usr/sbin", self.root / "usr/bin"]
        # /usr/sbin, where iptables and runc are, is not on everybody's PATH.
        inherited = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
        return os.pathsep.join([*map(str, folders), inherited, "/usr/sbin", "/sbin"])


def suites() -> tuple[str, ...]:
    """The suites to take packages from, in order: COURSE_ENGINE_SUITE alone, if set.

    Raises PackageError for a name that isn't known.
    """
    asked = os.environ.get("COURSE_ENGINE_SUITE", "").replace("sid", "unstable")
    if not asked:
        return SUITES
    if asked not in _KNOWN_SUITES:
        raise PackageError(
            f"COURSE_ENGINE_SUITE is {asked!r}.",
            hint=f"Set it to one of: {', '.join(_KNOWN_SUITES)}. Or unset it.",
        )
    return (asked,)


def cached(kind: str = "engine") -> Unpacked | None:
    """What is in the cache already: the preferred suite's newest, or None. `kind` is "engine" or "tools"."""
    for suite in suites():
        found = []
        for root in _folder().glob(f"{_prefix(kind, suite)}*"):
            version = root.name.removeprefix(_prefix(kind, suite))
            found.append((root.stat().st_mtime, Unpacked(root, suite, version)))
        if found:
            return max(found, key=lambda pair: pair[0])[1]
    return None


def ensure(kind: str = "engine", steps: Steps = SILENT) -> Unpacked:
    """What is in the cache, else fetched, verified and unpacked. `kind` is "engine" or "tools".

    Raises PackageError when no suite could be had; its detail says why for each.
    """
    _folder().mkdir(parents=True, exist_ok=True)
    with FileLock(_folder() / ".lock"):
        if found := cached(kind):
            return found
        return _fetch_first(kind, suites(), steps)


def newest(kind: str = "engine", steps: Steps = SILENT) -> Unpacked:
    """What the suite of the cached packages offers by now, or one before it in order; fetched and unpacked
    beside them where that is newer. With nothing in the cache the same as `ensure`. Raises PackageError.
    """
    _folder().mkdir(parents=True, exist_ok=True)
    with FileLock(_folder() / ".lock"):
        here = cached(kind)
        wanted = suites()
        # Never on to a later suite: where the first one's mirror fails, that would be a step back.
        return _fetch_first(kind, wanted[: wanted.index(here.suite) + 1] if here else wanted, steps, here)


def drop_older(kept: Unpacked) -> None:
    """Deletes what else the cache has of the suite of `kept`, an engine."""
    for root in _folder().glob(f"{_prefix('engine', kept.suite)}*"):
        if root != kept.root:
            shutil.rmtree(root, ignore_errors=True)


def drop(unwanted: Unpacked) -> None:
    """Deletes it from the cache."""
    shutil.rmtree(unwanted.root, ignore_errors=True)


def _fetch_first(kind: str, wanted: Sequence[str], steps: Steps, here: Unpacked | None = None) -> Unpacked:
    for rest in _folder().glob(".new-*"):  # of a run that was killed
        shutil.rmtree(rest)
    _check_libc()
    failures: list[PackageError] = []
    chosen = os.environ.get("COURSE_ENGINE_MIRROR")
    for suite in wanted:
        for mirror in [chosen.rstrip("/")] if chosen else mirrors():
            try:
                return _fetch(kind, suite, mirror, steps, here)
            except PackageError as error:
                why = error.detail.splitlines()[-1:] or [""]
                steps.note(f"{error} {why[0]}")
                failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    detail = "\n".join(f"{error}\n{error.detail}" for error in failures)
    raise PackageError("The engine's packages could not be fetched.", hint=failures[-1].hint, detail=detail)


def _fetch(kind: str, suite: str, mirror: str, steps: Steps, here: Unpacked | None) -> Unpacked:
    """The suite's packages, unpacked; `here` itself where they aren't newer than it."""
    apt = Apt(_folder() / f".apt-{suite}", suite, mirror)
    with steps.step(f"Reading Debian's package list ({suite})") as step:
        apt.update(lambda percent: step.update(percent, 100))
    packages = _choose(apt, kind)
    if here and here.suite == suite and not _is_newer(packages[0].version, here.version):
        return here
    total = sum(package.size for package in packages)
    title = f"Fetching {', '.join(one.name for one in packages)} ({suite})"
    with tempfile.TemporaryDirectory(dir=_folder(), prefix=".new-") as scratch:
        with steps.step(title, unit="bytes") as step:
            debs = apt.download(
                packages, Path(scratch), lambda percent: step.update(total * percent / 100, total)
            )
        with steps.step("Unpacking"):
            return _unpack(kind, suite, packages[0].version, debs, Path(scratch))


def _is_newer(version: str, than: str) -> bool:
    run = subprocess.run(["dpkg", "--compare-versions", version, "gt", than], check=False)
    return run.returncode == 0


def _choose(apt: Apt, kind: str) -> list[Package]:
    """The packages to fetch. Debian 12 has neither docker-cli (it is in docker.io) nor the plugins."""
    wanted = [*(_ENGINE if kind == "engine" else ()), *TOOLS]
    found = apt.available(wanted)
    missing = set(wanted) - {package.name for package in found}
    if missing and apt.suite != "bookworm":
        raise PackageError(f"{apt.mirror} has no {', '.join(sorted(missing))} in {apt.suite}.")
    if apt.suite == "bookworm":
        found = [package for package in found if package.name in _ENGINE]  # its docker-compose is the dead v1
    if kind == "engine":
        found += apt.available(list(_INIT))[:1]
    if not found:
        raise PackageError(
            f"Debian's {apt.suite} has no docker CLI with plugins.", hint="Unset COURSE_ENGINE_SUITE."
        )
    return found


def _unpack(kind: str, suite: str, version: str, debs: list[Path], scratch: Path) -> Unpacked:
    tree = scratch / "tree"
    _extract(debs, tree)
    tree.chmod(0o755)
    _try_out(tree / ("usr/sbin/dockerd" if kind == "engine" else "usr/bin/docker"))
    os.utime(tree)  # dpkg gave it the package's date; the last one to be unpacked is the one that counts
    target = _folder() / f"{_prefix(kind, suite)}{version}"
    if target.exists():  # the same version, left by a run whose cache was then set aside
        shutil.rmtree(target)
    tree.rename(target)
    return Unpacked(target, suite, version)


def _extract(debs: list[Path], tree: Path) -> None:
    for deb in debs:
        run = subprocess.run(["dpkg", "-x", str(deb), str(tree)], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise PackageError(
                f"{deb.name} could not be unpacked.",
                hint="Free some space in the cache's file system, then: course up",
                detail=run.stderr,
            )


def _try_out(program: Path) -> None:
    """Whether the program runs here: it may need a newer libc, or a library that is missing."""
    run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise PackageError(
            f"{program.name} of that suite does not run on this system.",
            hint="Set COURSE_ENGINE_SUITE=trixie, or install Docker Engine: https://docs.docker.com/engine/install/",
            detail=run.stderr.strip(),
        )


def _check_libc() -> None:
    library, version = platform.libc_ver()
    if library == "glibc" and version_number(version) >= _MIN_GLIBC:
        return
    raise PackageError(
        f"Debian's engine needs glibc 2.34 or newer; this system has {library or 'another libc'} {version}.",
        hint="Install Docker Engine with this system's own tools: https://docs.docker.com/engine/install/",
    )


def _folder() -> Path:
    return paths().cache / "engine"


def _prefix(kind: str, suite: str) -> str:
    return f"{suite}-" if kind == "engine" else f"tools-{suite}-"
