"""Pulls from a registry on this engine's loopback that works, and from a mirror."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest

from course import images
from course.build import build
from course.engine.labels import STAND_IN, made_image
from course.engine.listing import list_images
from course.errors import UnknownTag
from course.images.pull import from_mirror, pull
from tests.engine.base_images import BUSYBOX, REGISTRY, logs, need, running, until
from tests.engine.registries import STEP, forget, port_of, push

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """A registry that works, shared by this module's tests."""
    from course.engine.connect import connect

    client = connect()
    need(client, REGISTRY)
    with running(client, REGISTRY, ports={"5000/tcp": ("127.0.0.1", None)}) as box:
        until(lambda: "listening on" in logs(box), "the registry listens")
        yield f"127.0.0.1:{port_of(box)}"
    client.close()


@pytest.fixture
def own(client: docker.DockerClient, tmp_path: Path) -> Iterator[str]:
    """An image of the test's own, small and unlike any other."""
    need(client, BUSYBOX)
    name = f"course-test-{uuid.uuid4().hex[:12]}:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {BUSYBOX}\nRUN echo {name} >/who\nLABEL {STAND_IN}=\n")
    build(client, tmp_path, tag=name, labels=made_image(name))
    yield name
    forget(client, name)


def test_an_image_is_pulled(client: docker.DockerClient, registry: str, own: str, stack: ExitStack) -> None:
    remote = f"{registry}/{own}"
    push(client, own, remote)
    stack.callback(forget, client, remote)
    pull(client, remote, STEP, registry=registry)
    assert client.images.get(remote)


def test_a_digest_names_what_was_pushed(
    client: docker.DockerClient, registry: str, own: str, stack: ExitStack
) -> None:
    remote = f"{registry}/{own}"
    digest = push(client, own, remote)
    by_digest = f"{remote.rpartition(':')[0]}@{digest}"
    image = client.images.pull(by_digest)
    stack.callback(client.images.remove, image.id, force=True)
    assert any(found.endswith(digest) for found in image.attrs["RepoDigests"])
    assert own.encode() in client.containers.run(image.id, ["cat", "/who"], remove=True)


@pytest.mark.parametrize("folder", ["library/", ""])
def test_a_mirror_serves_the_real_name(
    client: docker.DockerClient, registry: str, own: str, folder: str
) -> None:
    push(client, own, f"{registry}/{folder}{own}")
    from_mirror(client, own, registry, STEP, stand_ins=False)
    assert client.containers.run(own, ["cat", "/who"], remove=True).decode().strip() == own
    # The API's own list: docker-py's inspects each image, and trips over those that other tests remove.
    tags = [tag for image in list_images(client.api) for tag in image["RepoTags"] or ()]
    assert own in tags
    assert not [tag for tag in tags if tag.endswith(f"/{own}")]


def test_a_mirror_without_it_says_so(client: docker.DockerClient, registry: str) -> None:
    with pytest.raises(UnknownTag, match="no-such-thing"):
        from_mirror(client, "no-such-thing:1", registry, STEP, stand_ins=False)


def test_a_mirror_s_stand_in_counts_only_where_it_may(
    client: docker.DockerClient, registry: str, own: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {own}\n")
    build(client, tmp_path, tag=own, labels={**made_image(own), STAND_IN: own})
    push(client, own, f"{registry}/library/{own}")
    with pytest.raises(UnknownTag, match="only a stand-in"):
        from_mirror(client, own, registry, STEP, stand_ins=False)
    assert not list_images(client.api, own)
    from_mirror(client, own, registry, STEP, stand_ins=True)
    assert images.is_stand_in(client, own)
