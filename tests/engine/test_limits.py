"""That the limits are in force, with and without the docker CLI, and no neighbour's doing is a learner's."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from pathlib import Path

import docker
import pytest

from checkers import building, disk
from checkers.attempt import Attempt
from checkers.building import DiskFilled, TooMuch
from checkers.cage import Cage
from checkers.disk import local_free
from checkers.limits import MIB, Limits
from course.engine.describe import version_number
from course.errors import BuildTimeout, EngineRefused, EngineTooOld, StepFailed

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
LIMITS = Limits(memory=128 * MIB, pids=50, cpus=0.5, disk=600 * MIB, file_size=200 * MIB, build=10, run=5)

# Other tests write to the same disk: where it isn't the point, it must not matter.
ENDLESS_DISK = dataclasses.replace(LIMITS, disk=1 << 60)
# And a busy machine may take longer to fill a disk.
PATIENT = dataclasses.replace(LIMITS, build=90)


def answer(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    text = "\n".join(["FROM busybox:1.37", f"ENV NONCE={uuid.uuid4()}", *lines, ""])
    (folder / "Dockerfile").write_text(text)
    return folder


@pytest.fixture(params=["in a cage", "as on a rootless engine"])
def caged(request: pytest.FixtureRequest, client: docker.DockerClient) -> bool:
    """Whether builds go beneath the cage's control group."""
    caged = str(request.param) == "in a cage"
    if not caged and version_number(client.version()["Version"]) < (23, 0):
        pytest.skip("BuildKit of engines before 23 takes no limits at all")
    return caged


def attempt_at(client: docker.DockerClient, folder: Path, limits: Limits, caged: bool) -> Attempt:
    attempt = Attempt(client, folder, limits=limits)
    if not caged:
        attempt.info["SecurityOptions"] = ["name=rootless"]
    return attempt


@pytest.fixture
def no_memory_of_proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))


def test_without_a_cli_nothing_is_run(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "find", lambda client: None)
    with (
        Attempt(client, answer(tmp_path / "a", "RUN true"), limits=LIMITS) as attempt,
        pytest.raises(EngineTooOld, match="only within limits"),
    ):
        attempt.build()
    with Attempt(client, answer(tmp_path / "a", "COPY Dockerfile /"), limits=LIMITS) as attempt:
        assert attempt.build().tag


@pytest.mark.usefixtures("no_memory_of_proofs")
def test_a_build_that_escapes_the_cage_is_noticed_before(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = answer(tmp_path / "a", "RUN true")
    with monkeypatch.context() as patch:  # the group that builds go to anyway
        patch.setattr(Cage, "cgroup_parent", lambda self, info: "/docker")
        with Attempt(client, folder, limits=LIMITS) as attempt, pytest.raises(EngineTooOld, match="hold"):
            attempt.build()
    with Attempt(client, folder, limits=LIMITS) as attempt:
        assert attempt.build().tag
    assert len(list((tmp_path / "home" / "cache" / "caged").iterdir())) == 1


def test_a_build_has_the_limits_and_no_network(
    client: docker.DockerClient, tmp_path: Path, caged: bool
) -> None:
    folder = answer(
        tmp_path / "a",
        "RUN cat /proc/self/cgroup; ulimit -n; ulimit -f; ulimit -c; ip addr; exit 9",
    )
    with attempt_at(client, folder, LIMITS, caged) as attempt:
        with pytest.raises(StepFailed) as caught:
            attempt.build()
        said = caught.value.detail
        if caged and attempt.info["CgroupVersion"] == "1":
            assert str(attempt.cage.container.id) in said
    assert [str(LIMITS.files), str(LIMITS.file_size // 512), "0"] == [
        line for line in said.splitlines() if line.isdigit()
    ]
    assert "eth0" not in said
    assert caught.value.exit_code == 9


@pytest.mark.parametrize(
    ("line", "limits", "error"),
    [
        ("RUN sleep 1000", ENDLESS_DISK, BuildTimeout),
        (
            "RUN i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/f$i bs=1M count=50; done",
            PATIENT,
            DiskFilled,
        ),
        ("RUN dd if=/dev/zero of=/f bs=1M count=250", PATIENT, TooMuch),
    ],
)
def test_deadline_and_disk_hold_either_way(
    client: docker.DockerClient,
    tmp_path: Path,
    caged: bool,
    line: str,
    limits: Limits,
    error: type[Exception],
) -> None:
    with (
        attempt_at(client, answer(tmp_path / "a", line), limits, caged) as attempt,
        pytest.raises(error),
    ):
        attempt.build()


def test_memory_and_processes_hold_in_a_cage(client: docker.DockerClient, tmp_path: Path) -> None:
    for line in ("RUN tail /dev/zero", "RUN f() { f | f & f; }; f"):
        with (
            Attempt(client, answer(tmp_path / "a", line), limits=LIMITS) as attempt,
            pytest.raises(TooMuch),
        ):
            attempt.build()


def test_a_neighbour_that_fills_the_disk_is_not_blamed_on_the_learner(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "RETURN_SECONDS", 1.0)
    folder = answer(tmp_path / "a", "RUN sleep 60")
    with Attempt(client, folder, limits=LIMITS) as attempt:
        root = str(attempt.info["DockerRootDir"])
        if local_free(root) is None or Path(root).stat().st_dev != tmp_path.stat().st_dev:
            pytest.skip("the engine's disk isn't the one that this test can fill")
        assert attempt.cage  # started before the neighbour is

        def eat() -> None:
            (tmp_path / "eaten").write_bytes(b"x" * int(1.5 * LIMITS.disk))

        neighbour = threading.Timer(1.0, eat)
        neighbour.start()
        with pytest.raises(EngineRefused, match="not by the build itself"):
            attempt.build()
        neighbour.join()


def test_a_container_has_the_limits(client: docker.DockerClient, tmp_path: Path) -> None:
    with Attempt(client, answer(tmp_path / "a"), limits=LIMITS) as attempt:
        running = attempt.run("busybox:1.37", ["tail", "-f", "/dev/null"])
        config = running.inspect()["HostConfig"]
        assert (config["Memory"], config["MemorySwap"]) == (LIMITS.memory, LIMITS.memory)
        assert (config["NanoCpus"], config["PidsLimit"]) == (500_000_000, LIMITS.pids)
        assert (config["Privileged"], config["Binds"]) == (False, None)
        assert config["SecurityOpt"] == ["no-new-privileges"]
        assert config["LogConfig"]["Config"] == {"max-size": str(LIMITS.log), "max-file": "1"}
        networks = running.inspect()["NetworkSettings"]["Networks"]
        assert list(networks) == [attempt.name]
        assert client.networks.get(attempt.name).attrs["Internal"] is True
