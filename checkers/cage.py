"""A container of the checker's own, with limits, that waits beside the learner's.

It serves twice. A build's RUN steps are put beneath its control group, so that its limits hold for all of
them together. And probes start from it, so that nothing is asked of the learner's image: no shell, no curl.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from checkers.limits import Limits
from checkers.running import begin
from course.engine.execute import execute
from course.engine.failures import NOT_STARTED
from course.engine.labels import made
from course.errors import EngineRefused, ImageNotFound

IMAGE = "busybox:1.37"
"""What the checker's own containers are made of; it needs sh, wget, df and cat."""
_OUTPUT_MAX = 64 * 1024
_REFUSED = "OCI runtime exec failed"


@dataclass(frozen=True)
class Output:
    """How a command inside the cage ended."""

    code: int
    out: str
    err: str


def create(
    client: docker.DockerClient, name: str, network: str, limits: Limits, labels: dict[str, str]
) -> Cage:
    """Starts a cage. Raises ImageNotFound where the engine lacks its image."""
    try:
        container = client.containers.create(
            IMAGE,
            ["tail", "-f", "/dev/null"],
            name=name,
            network=network,
            init=False,
            labels=made("container") | labels,
            **limits.cage(),
        )
    except docker.errors.ImageNotFound as error:
        raise ImageNotFound(
            f"The checker's own image {IMAGE} is not in the engine.", hint=f"Run: course images pull {IMAGE}"
        ) from error
    begin(container)
    return Cage(client, container)


class Cage:
    """A started cage."""

    def __init__(self, client: docker.DockerClient, container: Container) -> None:
        self._client, self.container = client, container
        self._lock = threading.Lock()

    def cgroup_parent(self, info: dict[str, Any]) -> str:
        """The control group to build beneath, as BuildKit wants it; "" where the engine offers none.

        BuildKit's runc takes the path as it is, under either driver (moby/buildkit, executor/oci/spec.go),
        so a systemd scope serves as well as a cgroupfs folder.
        """
        if info.get("CgroupDriver") == "cgroupfs":
            return f"/docker/{self.container.id}"
        if info.get("CgroupDriver") == "systemd" and "name=rootless" not in info.get("SecurityOptions", []):
            return f"/system.slice/docker-{self.container.id}.scope"
        return ""

    def run(self, script: str, *arguments: str) -> Output:
        """Runs `script` with busybox's sh; `arguments` are its $1, $2, … so that nothing needs quoting.

        Raises EngineRefused where it could not be started, three times: that is no answer of the learner's.
        """
        command = ["sh", "-c", script, "sh", *arguments]
        for _ in range(3):
            with self._lock:  # one at a time: the cage has few processes to give
                ended = execute(self._client, str(self.container.id), command)
            out = _text(ended.out)
            # The engine prints there, too, why a command was never started.
            if not ended.code or not (out.startswith(_REFUSED) and NOT_STARTED.search(out)):
                return Output(ended.code if ended.code is not None else 255, out, _text(ended.err))
        raise EngineRefused(
            "The engine could not start a probe, three times.",
            hint="Check again when the machine is less busy. Run: course doctor",
            detail=out,
        )

    def forget_image(self, tag: str) -> None:
        """Removes an image that was built to try the cage, if it was built."""
        with contextlib.suppress(NotFound):
            self._client.api.remove_image(tag, force=True)

    def free(self) -> int:
        """Free bytes of the disk that holds the engine's containers."""
        words = self.run("df -Pk / | tail -n 1").out.split()
        return int(words[3]) * 1024 if len(words) > 3 else 1 << 62


def _text(data: bytes) -> str:
    return data[:_OUTPUT_MAX].decode("utf-8", "replace")
