"""The engine operations of a check, one after another, as bare API calls and buildx commands.

They are the same: network, cage, limits, builds, containers and questions, and nothing of the checker's. In
order nobody is faster; a check may be, where it does two things at a time. Each function of `FLOORS` is an
exercise's, read off its plan by hand: a recording of the check would take over its waste. `bench.verdict`
refuses a floor that makes more images or containers than the check does.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import docker

from bench._bare import Bare
from bench._composed import COMPOSED
from bench._scripts import SCRIPTS
from checkers import registry
from checkers.canary.secret import for_word
from checkers.limits import DEFAULT
from checkers.projects import ferries, galley
from checkers.registry.voice import tags
from checkers.rules.two_cpus import PLATFORMS
from checkers.running import Running


def _run_right(bare: Bare) -> None:
    bare.network()
    bare.run("python:3.13-slim", ["bash", "-c", "true"], network=None, network_mode="none")
    command = "trap 'exit 1' USR1; while :; do echo beat of harbour; sleep 1; done"  # the starter's
    policy = {"Name": "unless-stopped"}
    heart = bare.up("busybox:1.37", ["sh", "-c", command], restart_policy=policy)
    while b"beat" not in bare.api.logs(heart):
        pass
    bare.client.containers.get(heart).exec_run(["kill", "-USR1", "1"])
    bare.until(heart, lambda it: it["RestartCount"] and it["State"]["Running"])


def _from_scratch(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    bare.run(tag, ["Floor", bare.word])
    bare.export(tag)


def _pin_the_base(bare: Bare) -> None:
    bare.network()
    served = registry.serve(_AsAttempt(bare), tags("2.0.0"), tags("2.1.0"))  # type: ignore[arg-type]
    first = bare.build(REGISTRY=served.host)
    bare.export(first)
    bare.run(first, ["Floor", bare.word])
    bare.run(first)
    served.move_tags()
    bare.export(bare.build(REGISTRY=served.host, fresh="1"))


def _first_dockerfile(bare: Bare) -> None:
    bare.cage()
    bare.ask(bare.up(bare.build()), ":8000/greet/Ada", 3)


def _entrypoint_cmd(bare: Bare) -> None:
    bare.network()
    tag = bare.build()
    for words in ([], ["Fig", "*"], ["", "a"], ["-18 C"], ["python", "--version"], ["x" * 31]):
        bare.run(tag, words or None)


def _healthcheck(bare: Bare) -> None:
    second = 10**9
    bare.cage()
    tag = bare.build()
    timing = {"interval": int(0.3 * second), "retries": 1, "start_period": second // 1000}
    well = bare.up(tag, healthcheck=timing | {"timeout": 10 * second})
    stuck = bare.up(tag, healthcheck=timing | {"timeout": int(1.5 * second)})
    bare.ask(well, ":3000/tide?at=a", 3)
    bare.until(well, lambda it: it["State"]["Health"]["Status"] == "healthy")
    bare.ask(well, ":3000/")
    bare.ask(well, ":3000/drill/sick")
    bare.until(well, lambda it: it["State"]["Health"]["Status"] == "unhealthy")
    bare.ask(well, ":3000/tide")
    bare.ask(stuck, ":3000/")
    bare.ask(stuck, ":3000/drill/stuck")
    bare.until(stuck, lambda it: it["State"]["Health"]["Status"] == "unhealthy")


def _signals(bare: Bare) -> None:
    bare.cage()
    app = bare.up(bare.build())
    bare.ask(app, ":8000/sell/a", 4)
    bare.api.top(app, "-o pid,ppid,args")
    bare.api.stop(app, timeout=3)
    bare.api.logs(app)


def _dockerignore(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    bare.ask(bare.up(tag), ":8000/station/harbour?for=a", 3)
    bare.save(tag)


def _slim_layers(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    bare.run(tag, ["0003"])
    bare.run(tag, ["0031"])
    bare.save(tag)
    bare.api.history(tag)


def _cache_order(bare: Bare) -> None:
    project, words = ferries.project(), [uuid.uuid4().hex[:8] for _ in range(3)]
    bare.cage()
    tag = bare.build()
    bare.run(tag)
    bare.run(tag)
    edits = project.edit_code(words[0]), project.edit_dependency(words[1])[1], project.edit_other(words[2])
    for number, edit in enumerate(edits):
        bare.run(bare.build(bare.variant(f"edit-{number}", edit)))


def _multi_stage(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    app = bare.up(tag)
    bare.ask(app, ":8080/ticket/a", 3)
    bare.ask(app, ":8080/season")
    bare.export(tag)
    bare.api.history(tag)


def _cache_mount(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    bare.run(tag)
    bare.run(tag)
    bare.run(bare.build(bare.variant("more", galley.one_more("spice-dill", bare.word))))
    bare.save(tag)


def _multi_platform(bare: Bare) -> None:
    bare.cage()
    tag = bare.build(platform=PLATFORMS)
    for platform in PLATFORMS.split(","):
        bare.save(tag)
        bare.export(tag, platform=platform)
    for platform in PLATFORMS.split(","):
        with contextlib.suppress(docker.errors.APIError):  # no emulation here
            bare.run(tag, ["Floor", bare.word], platform=platform)


def _ownership(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    app = bare.up(tag)
    bare.ask(app, ":8000/ship/a", 3)
    bare.api.top(app, "-o pid,ppid,args")
    with_volume = bare.up(tag, volumes=["/data"])
    for container in (app, with_volume):
        bare.ask(container, f":8000/note/{bare.word}")
        bare.ask(container, ":8000/log")


def _non_root(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    app = bare.up(tag)
    bare.ask(app, ":8000/hail/a", 3)
    bare.api.top(app, "-o pid,ppid,args")
    with_volume = bare.up(tag, volumes=["/var/lib/beacon"])
    for container in (app, with_volume):
        bare.ask(container, f":8000/seen/{bare.word}")
        bare.ask(container, ":8000/ships")
    bare.save(tag)
    bare.api.history(tag)


def _read_only(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    bare.ask(bare.up(tag), ":8000/print/a", 3)
    tmpfs = dict.fromkeys(("/tmp", "/run/press"), "size=16m,mode=1777")  # noqa: S108  in the container
    restricted = bare.up(tag, read_only=True, cap_drop=["ALL"], tmpfs=tmpfs)
    bare.ask(restricted, ":8000/print/b")
    bare.api.inspect_container(restricted)


def _no_secrets(bare: Bare) -> None:
    token = for_word(bare.word).value
    bare.cage()
    tag = bare.build(secrets={"depot_token": token}, DEPOT_TOKEN=token)
    app = bare.up(tag)
    bare.ask(app, ":8000/rate/a", 3)
    bare.ask(app, ":8000/edition")
    bare.save(tag)


class _AsAttempt:
    """As much of an attempt as the registry's start asks for."""

    def __init__(self, bare: Bare) -> None:
        self._bare = bare

    def run(self, image: str, words: list[str], **more: Any) -> Running:
        container = self._bare.client.containers.get(self._bare.up(image, words, **more))
        return Running(self._bare.client, container, DEFAULT)


FLOORS: Mapping[str, Callable[[Bare], None]] = {
    "01-run-right": _run_right,
    "02-from-scratch": _from_scratch,
    "02-pin-the-base": _pin_the_base,
    "03-first-dockerfile": _first_dockerfile,
    "03-entrypoint-cmd": _entrypoint_cmd,
    "03-healthcheck": _healthcheck,
    "03-signals": _signals,
    "04-dockerignore": _dockerignore,
    "04-slim-layers": _slim_layers,
    "05-cache-order": _cache_order,
    "05-multi-stage": _multi_stage,
    "05-cache-mount": _cache_mount,
    "05-multi-platform": _multi_platform,
    "07-ownership": _ownership,
    "09-non-root": _non_root,
    "09-read-only": _read_only,
    "09-no-secrets": _no_secrets,
    **COMPOSED,
    **SCRIPTS,
}
