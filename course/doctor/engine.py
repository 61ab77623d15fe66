"""Checks of the engine and what it offers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import docker

from course.doctor.report import Check
from course.engine.address import Address
from course.engine.describe import Engine, version_number
from course.engine.embedded.machine import check_system
from course.engine.find import probe
from course.engine.gateway import Gateway
from course.errors import CourseError, NoEngine
from course.images import status
from course.paths import paths

MIN_ENGINE = (20, 10)
MIN_API = (1, 41)  # what Engine 20.10 speaks
MIN_MEMORY = 1_500_000_000  # bytes: JupyterLab, and a database in a container
MIN_FREE = 2_000_000_000  # bytes: the base images of the first chapters
WANTED_FREE = 10_000_000_000  # bytes: all chapters


def no_engine(error: CourseError) -> Check:
    """The check for an engine that doesn't answer; where the course can't bring one, with the options."""
    hint = error.hint
    if isinstance(error, NoEngine) and not os.environ.get("DOCKER_HOST") and hint == "Run: course up":
        try:
            check_system()
        except NoEngine as reason:
            hint = reason.hint
    return Check("engine", ok=False, message=str(error), hint=hint)


def reachable(engine: Engine, address: Address) -> Check:
    """The engine, and whether its version is one that the course works with."""
    message = f"Docker Engine {engine.version} at {address}"
    if engine.is_podman:
        return Check(
            "engine",
            ok=True,
            message=f"Podman {engine.version} at {address}. Its API resembles Docker's; lessons on builds "
            "want BuildKit, which it hasn't.",
            hint="For all lessons use a Docker Engine: stop Podman's socket, or set DOCKER_HOST.",
            value=engine.version,
        )
    ok = engine.number >= MIN_ENGINE or engine.number == (0, 0)  # (0, 0): a build of one's own
    hint = "" if ok else "Install Docker Engine 20.10 or newer: https://docs.docker.com/engine/install/"
    return Check("engine", ok=ok, message=message, hint=hint, value=engine.version)


def api(engine: Engine) -> Check:
    """Whether the engine speaks a version of the API that the lessons use."""
    ok = version_number(engine.api_version) >= MIN_API
    hint = "" if ok else "Install Docker Engine 20.10 or newer, which speaks 1.41."
    return Check(
        "api", ok=ok, message=f"Engine API {engine.api_version}", hint=hint, value=engine.api_version
    )


def store(engine: Engine) -> Check:
    """How images are kept: containerd's store and overlay do; vfs copies every layer in full."""
    if engine.store in ("vfs", ""):
        return Check(
            "store",
            ok=False,
            message="Images are kept by vfs: each layer is a full copy of all below it. The disk fills fast.",
            hint="Put the engine's data on ext4, xfs or btrfs; in a container, on a volume.",
            value=engine.store,
        )
    message = f"Image store: {engine.store}"
    if engine.store != "containerd":
        message += ". Lessons on multi-platform images need the containerd store; they say what they'd show."
    return Check("store", ok=True, message=message, value=engine.store)


def cgroup(engine: Engine) -> Check:
    """Whether limits on memory and CPU will hold."""
    told = f"cgroup v{engine.cgroup_version or '?'}, driver {engine.cgroup_driver or '?'}"
    if engine.cgroup_driver == "none" or (engine.rootless and engine.cgroup_version == "1"):
        return Check(
            "cgroup",
            ok=False,
            advisory=True,
            message=f"{told}: the engine ignores limits on memory and CPU. Lessons on limits will show none.",
            hint="Rootless engines need cgroup v2 with delegation: https://docs.docker.com/engine/security/rootless/",
            value=engine.cgroup_version,
        )
    return Check("cgroup", ok=True, message=told, value=engine.cgroup_version)


def memory(engine: Engine) -> Check:
    """Whether the engine's machine has enough memory. The value is bytes."""
    ok = engine.memory >= MIN_MEMORY
    where = "Settings → Resources in Docker Desktop; `colima start --memory 4` with Colima."
    message = f"The engine's machine has {engine.memory / 1e9:.1f} GB of memory and {engine.cpus} CPUs"
    hint = "" if ok else f"Give it at least 2 GB. {where}"
    return Check("memory", ok=ok, message=message, hint=hint, value=engine.memory)


def disk(engine: Engine, address: Address) -> Check:
    """Whether images will fit. The value: bytes free, or None where that can't be seen from here."""
    root = Path(engine.root)
    try:
        seen = address.socket is not None and not engine.is_desktop and root.is_dir()
        free = shutil.disk_usage(root).free if seen else None
    except OSError:
        free = None
    if free is None:
        return Check(
            "disk", ok=True, message="The engine's disk can't be seen from here. See: docker system df"
        )
    message = f"{free / 1e9:.1f} GB free where the engine keeps its data, {root}"
    enough = free >= MIN_FREE
    hint = (
        ""
        if free >= WANTED_FREE
        else "All chapters together take up to 10 GB. `course reset` frees what it made."
    )
    return Check("disk", ok=enough, message=message, hint=hint, value=free)


def gateway(address: Address) -> Check:
    """Whether the course's gateway can listen, and passes a call on to the engine."""
    try:
        with Gateway(address) as opened:
            probe(Address(opened.url, "socket", "the course's gateway"))
    except (CourseError, OSError) as error:
        hint = getattr(error, "hint", "") or f"Is {paths().run} writable?"
        return Check("gateway", ok=False, message=f"The gateway can't start: {error}", hint=hint)
    return Check("gateway", ok=True, message="The gateway starts and reaches the engine")


def images(client: docker.DockerClient) -> Check:
    """Which base images are there, and which of them are stand-ins."""
    try:
        rows = list(status(client))
    except (CourseError, OSError) as error:
        return Check(
            "images", ok=False, advisory=True, message=f"Base images: {error}", hint="Run: course images list"
        )
    present = [row.name for row in rows if row.present]
    replaced = [row.name for row in rows if row.present and row.stand_in]
    message = f"{len(present)} of {len(rows)} base images are there"
    if replaced:
        message += f"; stand-ins, built from Debian packages: {', '.join(replaced)}"
    hint = "" if len(present) == len(rows) else "Run: course images pull"
    return Check("images", ok=len(present) == len(rows), advisory=True, message=message, hint=hint)
