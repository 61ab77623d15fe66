"""The engine operations of a check, one after another, as bare API calls and buildx commands.

They are the same: network, cage, limits, builds, containers and questions, and nothing of the checker's. In
order nobody is faster; a check may be, where it does two things at a time. Each function of `FLOORS` is an
exercise's, read off its plan by hand: a recording of the check would take over its waste. `bench.verdict`
refuses a floor that makes more images or containers than the check does.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import docker

from checkers import registry
from checkers.building import runs_nothing
from checkers.cage import IMAGE
from checkers.folder import vary
from checkers.limits import DEFAULT
from checkers.projects import ferries, galley
from checkers.registry.voice import tags
from checkers.rules.two_cpus import PLATFORMS
from checkers.running import Running
from course.build.buildx import DockerCli
from course.build.context import pack
from course.engine.labels import made, made_image

ASK = 'until wget -S -T 3 -O /dev/null "$1" 2>&1 | grep -q HTTP/; do usleep 20000; done'


class Bare:
    """What a script has in its hands. It is its own cleaner; nothing runs side by side."""

    def __init__(self, client: docker.DockerClient, cli: DockerCli, folder: Path, word: str) -> None:
        self.client, self.folder, self.word = client, folder, word
        self.api: Any = client.api
        self._cli = cli
        self.name = f"course-bench-{uuid.uuid4().hex[:12]}"
        self.images: list[str] = []
        self.containers: list[str] = []

    def network(self) -> None:
        self.api.create_network(self.name, driver="bridge", internal=True, labels=made("network"))

    def cage(self) -> None:
        self.network()
        self._cage = self.up(IMAGE, ["tail", "-f", "/dev/null"], **DEFAULT.cage())

    def build(self, folder: Path | None = None, *, platform: str = "", **args: str) -> str:
        folder, tag = folder or self.folder, f"{self.name}:{len(self.images) + 1}"
        self.images.append(tag)
        if runs_nothing((folder / "Dockerfile").read_text()) and not platform:
            with contextlib.closing(pack(folder)) as body:
                self._post(tag, body, args)
        else:
            self._buildx(tag, folder, platform)
        return tag

    def _post(self, tag: str, body: Any, args: Mapping[str, str]) -> None:
        params = {
            "version": "2", "t": tag, "networkmode": "none", "nocache": "1" if "fresh" in args else "",
            "labels": json.dumps(made_image(tag)), "ulimits": json.dumps(DEFAULT.ulimits()),
            "buildargs": json.dumps({name: value for name, value in args.items() if name != "fresh"}),
        }  # fmt: skip
        headers = {"Content-Type": "application/x-tar"}
        url = self.api._url("/build")
        answer = self.api._post(url, params=params, data=body, headers=headers, stream=True).text
        assert '"error"' not in answer, answer[-500:]  # noqa: S101  a failed build has no speed

    def _buildx(self, tag: str, folder: Path, platform: str) -> None:
        words = [self._cli.program, "buildx", "build", "--builder", "default", "--network", "none", "-t", tag]
        words += [f"--label={name}={value}" for name, value in made_image(tag).items()]
        words += [f"--ulimit={one['Name']}={one['Soft']}:{one['Hard']}" for one in DEFAULT.ulimits()]
        words += ["--platform", platform] if platform else []
        words += ["--cgroup-parent", f"/docker/{self._cage}", str(folder)]
        environment = {**self._cli.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        subprocess.run(words, check=True, capture_output=True, env=environment, timeout=300)

    def variant(self, name: str, files: Mapping[str, bytes]) -> Path:
        target = self.folder.parent / name / self.folder.name
        vary(self.folder, target, files)
        return target

    def create(self, image: str, words: list[str] | None = None, **more: Any) -> str:
        options = {"network": self.name, **DEFAULT.host_config(), "labels": made("container")} | more
        name = f"{self.name}-{len(self.containers) + 1}"
        self.containers.append(name)
        return str(self.client.containers.create(image, words, name=name, **options).id)

    def up(self, image: str, words: list[str] | None = None, **more: Any) -> str:
        container = self.create(image, words, **more)
        self.api.start(container)
        return container

    def run(self, image: str, words: list[str] | None = None, **more: Any) -> str:
        """Its output, when it has ended."""
        container = self.up(image, words, **more)
        self.api.wait(container)
        return str(self.api.logs(container).decode())

    def ask(self, container: str, rest: str, times: int = 1) -> None:
        """From the cage, until it is answered."""
        name = self.api.inspect_container(container)["Name"].lstrip("/")
        for _ in range(times):
            done = self.api.exec_create(self._cage, ["sh", "-c", ASK, "sh", f"http://{name}{rest}"])
            self.api.exec_start(done["Id"], demux=True)
            self.api.exec_inspect(done["Id"])

    def until(self, container: str, true: Callable[[Any], Any]) -> None:
        """Looks often."""
        while not true(self.api.inspect_container(container)):
            time.sleep(0.01)

    def export(self, image: str, **more: Any) -> None:
        """Its files, in one stream."""
        for _ in self.api.export(self.create(image, ["-"], **more)):
            pass

    def save(self, image: str) -> None:
        """Its layers, in one stream."""
        for _ in self.api.get_image(image):
            pass

    def remove(self) -> None:
        for name in self.containers:
            self.api.remove_container(name, force=True, v=True)
        with contextlib.suppress(docker.errors.NotFound):
            self.api.remove_network(self.name)
        for tag in self.images:
            self.api.remove_image(tag, force=True)


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
}


@contextlib.contextmanager
def bare(client: docker.DockerClient, cli: DockerCli, folder: Path, word: str) -> Iterator[Bare]:
    """Hands for one run, whose belongings go in any case."""
    mine = Bare(client, cli, folder, word)
    try:
        yield mine
    finally:
        mine.remove()
