"""A reset removes what the course made; what others made survives, whatever it stands on."""

from __future__ import annotations

import contextlib
import io
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import NotFound

from course.engine import cleanup
from course.engine.cleanup import Item, Removed, reset
from course.engine.find import find_engine
from course.engine.gateway import Gateway
from course.engine.labels import MADE, made
from course.engine.ledger import Ledger
from course.engine.listing import list_images

pytestmark = pytest.mark.engine

BASE = "busybox:1.37"


class Scene:
    """One engine, seen by the course (through the gateway) and by somebody else (directly).

    All names hold one random word, and a reset here looks only at those: other tests run beside this one.
    """

    def __init__(self, ours: docker.DockerClient, theirs: docker.DockerClient, ledger: Ledger) -> None:
        self.ours, self.theirs, self.ledger = ours, theirs, ledger
        self.word = f"reset-{uuid.uuid4().hex[:10]}"
        self.anonymous: set[str] = set()

    def name(self, ending: str) -> str:
        return f"{self.word}-{ending}"

    def reset(self, **options: Any) -> Removed:
        return reset(self.theirs, self.ledger, only=self._meant, **options)

    def _meant(self, item: Item) -> bool:
        # An image without a tag can only come from this test's own ledger.
        return self.word in item.name or item.name in self.anonymous or not item.name

    def build(self, client: docker.DockerClient, base: str, ending: str) -> str:
        """An image with a layer of its own, by the classic builder (which docker-py speaks)."""
        dockerfile = f"FROM {base}\nRUN echo {uuid.uuid4()} > /stamp\n".encode()
        client.images.build(
            fileobj=io.BytesIO(dockerfile), tag=self.name(ending), rm=True, network_mode="none"
        )
        return self.name(ending)

    def exists(self, kind: str, ending: str) -> bool:
        try:
            getattr(self.theirs, kind).get(self.name(ending))
        except NotFound:
            return False
        return True

    def clear(self) -> None:
        for container in self.theirs.containers.list(all=True, filters={"name": self.word}):
            container.remove(force=True, v=True)
        for network in self.theirs.networks.list(names=[self.word]):
            network.remove()
        for volume in self.theirs.volumes.list(filters={"name": self.word}):
            volume.remove()
        for image in list_images(self.theirs.api, f"{self.word}*"):
            for tag in image["RepoTags"] or ():
                if self.word in tag:
                    self.theirs.images.remove(tag)


@pytest.fixture
def scene(client: docker.DockerClient, tmp_path: Path) -> Iterator[Scene]:
    with (
        contextlib.closing(Ledger(tmp_path / "ledger.sqlite")) as ledger,
        Gateway(find_engine(), ledger) as gateway,
        contextlib.closing(docker.DockerClient(base_url=gateway.url, version="auto")) as ours,
    ):
        made_here = Scene(ours, client, ledger)
        yield made_here
        made_here.reset(everything=True)
        made_here.clear()


def named(removed: Removed) -> list[str]:
    """Names only: how many intermediate images the classic builder leaves depends on the image store."""
    return sorted(item.name for item in removed.items if item.name)


def test_the_courses_things_go_and_a_bystanders_stay(scene: Scene) -> None:
    for client, whose in ((scene.ours, "ours"), (scene.theirs, "theirs")):
        client.networks.create(scene.name(f"{whose}-net"))
        client.volumes.create(scene.name(f"{whose}-vol"))
        image = scene.build(client, BASE, f"{whose}-image")
        client.containers.run(
            image,
            ["sleep", "600"],
            name=scene.name(f"{whose}-running"),
            detach=True,
            network=scene.name(f"{whose}-net"),
            volumes=[f"{scene.name(f'{whose}-vol')}:/data", f"{scene.name(f'{whose}-made-by-run')}:/more"],
        )
        client.containers.create(image, name=scene.name(f"{whose}-created"))
    scene.build(scene.theirs, scene.name("ours-image"), "theirs-child")
    scene.theirs.images.get(scene.name("ours-image")).tag(scene.name("theirs-tag-of-ours"))

    planned = scene.reset(everything=True, dry_run=True)
    assert scene.exists("containers", "ours-running")  # it only said so
    done = scene.reset(everything=True)

    assert not done.kept
    assert named(planned) == named(done)
    assert done.count("container") == 2
    for kind, ending in (
        ("containers", "running"),
        ("containers", "created"),
        ("networks", "net"),
        ("volumes", "vol"),
        ("volumes", "made-by-run"),
        ("images", "image"),
    ):
        assert not scene.exists(kind, f"ours-{ending}"), ending
        assert scene.exists(kind, f"theirs-{ending}"), ending
    assert scene.exists("images", "theirs-child")
    assert scene.exists("images", "theirs-tag-of-ours")
    assert scene.theirs.containers.get(scene.name("theirs-running")).status == "running"
    assert scene.reset(everything=True).items == ()


def test_what_a_bystander_uses_is_kept_and_named(scene: Scene) -> None:
    image = scene.build(scene.ours, BASE, "image")
    scene.ours.networks.create(scene.name("net"))
    scene.ours.volumes.create(scene.name("vol"))
    scene.theirs.containers.run(
        image,
        ["sleep", "600"],
        name=scene.name("theirs"),
        detach=True,
        network=scene.name("net"),
        volumes=[f"{scene.name('vol')}:/data"],
    )
    done = scene.reset(everything=True)
    assert {kept.item.name for kept in done.kept} == {f"{image}:latest", scene.name("net"), scene.name("vol")}
    assert all(kept.why for kept in done.kept)
    assert scene.theirs.containers.get(scene.name("theirs")).status == "running"
    scene.theirs.containers.get(scene.name("theirs")).remove(force=True)
    # The next reset finishes it.
    assert named(scene.reset()) == sorted([f"{image}:latest", scene.name("net"), scene.name("vol")])


def test_what_runs_from_a_commit_of_ours_is_not_ours(scene: Scene) -> None:
    scene.ours.containers.create(BASE, name=scene.name("ours"))
    # Committed by somebody else, directly: the image inherits the label "made=container".
    scene.theirs.containers.get(scene.name("ours")).commit(scene.name("theirs-image"))
    scene.theirs.containers.create(scene.name("theirs-image"), name=scene.name("theirs"))
    assert scene.theirs.containers.get(scene.name("theirs")).labels[MADE] == "container"
    scene.reset(everything=True)
    assert not scene.exists("containers", "ours")
    assert scene.exists("containers", "theirs")
    assert scene.exists("images", "theirs-image")


def test_base_images_stay_until_everything_is_asked_for(scene: Scene) -> None:
    image = scene.build(scene.theirs, BASE, "base")
    archive = b"".join(scene.theirs.images.get(image).save(named=True))
    scene.theirs.images.remove(image)
    scene.ours.images.load(archive)
    scene.ours.images.get(image).tag(scene.name("tagged"))
    assert [item.name for item in scene.reset().items] == [scene.name("tagged:latest")]
    assert scene.exists("images", "base")
    assert [item.name for item in scene.reset(everything=True).items] == [f"{image}:latest"]


def test_an_image_that_was_there_before_is_never_the_courses(scene: Scene) -> None:
    image = scene.build(scene.theirs, BASE, "there")
    archive = b"".join(scene.theirs.images.get(image).save(named=True))
    scene.ours.images.load(archive)
    scene.ours.images.get(image).tag(image)
    assert scene.reset(everything=True).items == ()
    assert scene.exists("images", "there")


def test_half_made_things_go_too(scene: Scene) -> None:
    dockerfile = b"FROM busybox:1.37\nRUN touch /a\nRUN exit 3\n"
    with pytest.raises(docker.errors.BuildError):
        scene.ours.images.build(fileobj=io.BytesIO(dockerfile), nocache=True, rm=True, tag=scene.name("bad"))
    engine = scene.theirs.info()["ID"]
    deadline = (
        time.monotonic() + 20
    )  # docker-py hangs up at the error: the gateway hears of it a moment later
    while not (noted := scene.ledger.entries(engine)) or {e.kind for e in noted} != {"image", "container"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    step = next(entry.id for entry in noted if entry.kind == "container")
    assert scene.theirs.containers.get(step).status in ("exited", "created")
    assert [entry.kind for entry in noted].count("image") == 1  # of `touch`, which worked
    removed = reset(
        scene.theirs,
        scene.ledger,
        only=lambda item: not item.name or item.id in {entry.id for entry in noted},
    )
    assert {item.kind for item in removed.items} == {"container", "image"}
    with pytest.raises(NotFound):
        scene.theirs.containers.get(step)
    assert scene.ledger.entries(engine) == []


@pytest.mark.parametrize("bind", [False, True])
def test_anonymous_volumes_that_a_removal_left_behind(scene: Scene, bind: bool) -> None:
    if bind:  # docker-py asks for it in two ways at once, and the engine then tells no name
        container = scene.ours.containers.create(BASE, name=scene.name("c"), volumes=["/data"])
    else:
        created = scene.ours.api.create_container(BASE, name=scene.name("c"), volumes=["/data"])
        container = scene.ours.containers.get(created["Id"])
    volume = Path(container.attrs["Mounts"][0]["Source"]).parent.name
    container.remove()  # without v=True
    assert scene.theirs.volumes.get(volume)
    scene.anonymous.add(volume)
    scene.reset()
    with pytest.raises(NotFound):
        scene.theirs.volumes.get(volume)


def test_an_interrupted_reset_is_finished_by_the_next(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        scene.ours.containers.create(BASE, name=scene.name(f"c{number}"))
        scene.ours.volumes.create(scene.name(f"v{number}"))
    remove = cleanup._Reset._remove_container
    count = 0

    def interrupted(self: cleanup._Reset, item: Item) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        remove(self, item)

    with monkeypatch.context() as patch:
        patch.setattr(cleanup._Reset, "_remove_container", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scene.reset()
    assert len(scene.theirs.containers.list(all=True, filters={"name": scene.word})) == 2
    done = scene.reset()
    assert done.count("container") == 2
    assert done.count("volume") == 3
    assert not done.kept


def test_what_vanishes_meanwhile_is_no_error(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ours.containers.create(BASE, name=scene.name("c"))
    scene.ours.volumes.create(scene.name("v"))
    find = cleanup._Reset._containers

    def found_and_gone(self: cleanup._Reset) -> Iterator[Item]:
        items = list(find(self))
        scene.theirs.containers.get(scene.name("c")).remove()
        return iter(items)

    monkeypatch.setattr(cleanup._Reset, "_containers", found_and_gone)
    done = scene.reset()
    assert not done.kept
    assert done.count("volume") == 1


def test_things_made_without_the_gateway_are_found_by_their_label(scene: Scene) -> None:
    # As checkers and the image catalogue make them: directly, with the label.
    scene.theirs.containers.create(BASE, name=scene.name("c"), labels=made("container"))
    scene.theirs.networks.create(scene.name("n"), labels=made("network"))
    assert [item.kind for item in scene.reset().items] == ["container", "network"]
