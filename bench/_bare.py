"""What a script has to do an exercise's engine operations with: bare API calls and buildx commands."""

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

from checkers.building import runs_nothing
from checkers.cage import IMAGE
from checkers.folder import vary
from checkers.limits import DEFAULT
from course.build.buildx import DockerCli
from course.build.context import pack
from course.engine.labels import made, made_image
from course.errors import EngineError

ASK = 'until wget -S -T 3 -O /dev/null "$1" 2>&1 | grep -q HTTP/; do usleep 20000; done'


def poll(true: Callable[[], Any]) -> None:
    """Looks often. Raises EngineError when that hasn't become true in a minute: something has gone wrong."""
    deadline = time.monotonic() + 60.0
    while not true():
        if time.monotonic() > deadline:
            raise EngineError("A floor waited a minute in vain.")
        time.sleep(0.01)


class Bare:
    """What a script has in its hands. It is its own cleaner; nothing runs side by side."""

    def __init__(self, client: docker.DockerClient, cli: DockerCli, folder: Path, word: str) -> None:
        self.client, self.folder, self.word = client, folder, word
        self.api: Any = client.api
        self.cli = cli
        self.name = f"course-bench-{uuid.uuid4().hex[:12]}"
        self.images: list[str] = []
        self.built = 0  # of these; what a container was committed to bears no label of the check's either
        self.containers: list[str] = []
        self.networks: list[str] = []
        self.volumes: list[str] = []
        self.projects: list[str] = []

    def network(self, name: str = "", *, internal: bool = True) -> str:
        self.networks.append(name or self.name)
        self.api.create_network(self.networks[-1], driver="bridge", internal=internal, labels=made("network"))
        return self.networks[-1]

    def volume(self) -> str:
        self.volumes.append(f"{self.name}-{len(self.volumes) + 1}")
        self.api.create_volume(self.volumes[-1], labels=made("volume"))
        return self.volumes[-1]

    def cage(self) -> None:
        self.network()
        self._cage = self.up(IMAGE, ["tail", "-f", "/dev/null"], **DEFAULT.cage())

    def build(
        self,
        folder: Path | None = None,
        *,
        platform: str = "",
        secrets: Mapping[str, str] | None = None,
        **args: str,
    ) -> str:
        folder, tag = folder or self.folder, f"{self.name}:{len(self.images) + 1}"
        self.images.append(tag)
        self.built += 1
        if runs_nothing((folder / "Dockerfile").read_text()) and not platform:
            with contextlib.closing(pack(folder)) as body:
                self._post(tag, body, args)
        else:
            self._buildx(tag, folder, platform, secrets or {}, args)
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

    def _buildx(
        self, tag: str, folder: Path, platform: str, secrets: Mapping[str, str], args: Mapping[str, str]
    ) -> None:
        words = [self.cli.program, "buildx", "build", "--builder", "default", "--network", "none", "-t", tag]
        words += [f"--label={name}={value}" for name, value in made_image(tag).items()]
        words += [f"--ulimit={one['Name']}={one['Soft']}:{one['Hard']}" for one in DEFAULT.ulimits()]
        words += [f"--build-arg={name}={value}" for name, value in args.items()]
        for name, value in secrets.items():
            file = folder.parent / name
            file.write_text(value)
            words.append(f"--secret=id={name},src={file}")
        words += ["--platform", platform] if platform else []
        words += ["--cgroup-parent", f"/docker/{self._cage}", str(folder)]
        self.call(words)

    def call(self, words: list[str], folder: Path | None = None) -> str:
        """What a command that speaks to the engine says."""
        environment = {**self.cli.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        done = subprocess.run(
            words, check=True, capture_output=True, text=True, env=environment, cwd=folder, timeout=300
        )
        return done.stdout

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
        self.ask_from(self._cage, f"http://{name}{rest}", times)

    def ask_from(self, container: str, url: str, times: int = 1) -> None:
        for _ in range(times):
            self.inside(container, ["sh", "-c", ASK, "sh", url])

    def inside(self, container: str, words: list[str]) -> None:
        """A command in a container of the check's own."""
        done = self.api.exec_create(container, words)
        self.api.exec_start(done["Id"], demux=True)
        self.api.exec_inspect(done["Id"])

    def until(self, container: str, true: Callable[[Any], Any]) -> None:
        """Looks often, until that is true of the container's record."""
        poll(lambda: true(self.api.inspect_container(container)))

    def has(self, container: str, path: str) -> bool:
        """Whether that path is in a container."""
        try:
            for _ in self.api.get_archive(container, path)[0]:
                pass
        except docker.errors.NotFound:
            return False
        return True

    def export(self, image: str, **more: Any) -> None:
        """Its files, in one stream."""
        for _ in self.api.export(self.create(image, ["-"], **more)):
            pass

    def save(self, image: str) -> None:
        """Its layers, in one stream."""
        for _ in self.api.get_image(image):
            pass

    def drop(self, container: str) -> None:
        """Before the verdict is there."""
        self.containers.remove(self.api.inspect_container(container)["Name"].lstrip("/"))
        self.api.remove_container(container, force=True, v=True)

    def remove(self) -> None:
        for project in self.projects:
            mine = {"label": f"com.docker.compose.project={project}"}
            self.containers += [one["Id"] for one in self.api.containers(all=True, filters=mine)]
            self.networks += [one["Id"] for one in self.api.networks(filters=mine)]
            self.volumes += [one["Name"] for one in self.api.volumes(filters=mine)["Volumes"] or ()]
        for remove, names, options in (
            (self.api.remove_container, self.containers, {"force": True, "v": True}),
            (self.api.remove_network, self.networks, {}),
            (self.api.remove_volume, self.volumes, {}),
            (self.api.remove_image, self.images, {"force": True}),
        ):
            for name in names:
                with contextlib.suppress(docker.errors.NotFound):
                    remove(name, **options)


@contextlib.contextmanager
def bare(client: docker.DockerClient, cli: DockerCli, folder: Path, word: str) -> Iterator[Bare]:
    """Hands for one run, whose belongings go in any case."""
    mine = Bare(client, cli, folder, word)
    try:
        yield mine
    finally:
        mine.remove()
