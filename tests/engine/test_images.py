"""The order of sources, on a real engine and with a catalogue of the test's own names."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click.testing
import docker
import pytest
from docker.errors import APIError

from course import images
from course.build import build
from course.cli import cli
from course.engine.cleanup import reset
from course.engine.labels import STAND_IN, made_image
from course.engine.ledger import Ledger
from course.engine.listing import list_images
from course.errors import BundleError, ImageError, PullFailed, RegistryUnreachable
from course.images.run import Run
from course.steps import Step
from tests.engine.base_images import BUSYBOX, REGISTRY, logs, need, out, running, until
from tests.engine.registries import forget, port_of, push

pytestmark = pytest.mark.engine


class Heard:
    """Steps that remember."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.notes: list[str] = []

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def step(self, title: str, *, unit: str = "") -> Iterator[Step]:
        self.titles.append(title)
        yield self


class Catalogue:
    """A catalogue of names that no engine has; their stand-ins are the small ones of the real catalogue."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        word = f"course-test-{uuid.uuid4().hex[:12]}"
        self.busybox, self.static, self.base = f"{word}-busybox:1", f"{word}-static:1", f"{word}-base:1"
        trees = {
            self.busybox: ["busybox-static"],
            self.static: ["base-files", "busybox-static", "ca-certificates", "netbase", "tzdata"],
            self.base: ["busybox-static", "libc6", "libssl3t64", "libzstd1", "zlib1g"],
        }
        folders = {self.busybox: "busybox", self.static: "distroless-static", self.base: "distroless-base"}
        self.text = "\n".join(
            f'["{name}"]\nabout = "test"\nused_by = ["01"]\nreal_bytes = 10\nstand_in = "{folders[name]}"\n'
            f"trees = {json.dumps(trees[name])}\n"
            + (f'base = "{self.static}"\n' if name == self.base else "")
            for name in trees
        )

    def there(self) -> set[str]:
        return {one.name for one in images.status(self._client) if one.present}

    def real(self, name: str, folder: Path) -> str:
        """Makes an image of that name which is no stand-in, and returns its ID."""
        (folder / "Dockerfile").write_text(f"FROM {BUSYBOX}\nRUN echo real {name} >/who\n")
        build(self._client, folder, tag=name, labels={**made_image(name), STAND_IN: ""})
        return str(self._client.images.get(name).id)


@pytest.fixture
def own(client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    need(client, BUSYBOX, REGISTRY)
    catalogue = Catalogue(client)
    file = tmp_path / "catalogue.toml"
    file.write_text(catalogue.text)
    monkeypatch.setenv("COURSE_CATALOGUE", str(file))
    monkeypatch.delenv("COURSE_BUNDLE", raising=False)
    monkeypatch.delenv("COURSE_STAND_INS", raising=False)
    # No registry: this mirror is not there, and Docker Hub has no such names where it can be reached at all.
    monkeypatch.setenv("COURSE_REGISTRY", "127.0.0.1:9")
    yield catalogue
    forget(client, catalogue.busybox, catalogue.base, catalogue.static)


def noted(client: docker.DockerClient, name: str) -> list[str]:
    with contextlib.closing(Ledger()) as ledger:
        return [entry.how for entry in ledger.entries(client.info()["ID"], "image") if entry.name == name]


def test_without_leave_no_stand_in_takes_a_name(client: docker.DockerClient, own: Catalogue) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        images.ensure(client, [own.busybox])
    assert "127.0.0.1:9" in str(caught.value)
    assert "--stand-ins" in caught.value.hint
    assert own.there() == set()
    assert noted(client, own.busybox) == []


def test_with_leave_stand_ins_are_built_once_bases_first(client: docker.DockerClient, own: Catalogue) -> None:
    steps = Heard()
    brought = images.ensure(client, [own.base, own.busybox], steps=steps, allow_stand_ins=True)
    assert {one.name: one.how for one in brought} == dict.fromkeys(
        [own.base, own.busybox, own.static], "stand-in"
    )
    assert own.there() == {own.base, own.busybox, own.static}
    for name in own.there():
        assert images.is_stand_in(client, name)
        assert noted(client, name) == ["stand-in"]
    built = [title for title in steps.titles if "building" in title]
    assert [own.static in title for title in built].index(True) < [
        own.base in title for title in built
    ].index(True)
    # A place that is down is asked once.
    assert sum("127.0.0.1:9" in title for title in steps.titles) == 1
    assert sum("127.0.0.1:9" in note for note in steps.notes) == 1
    layers = client.images.get(own.base).attrs["RootFS"]["Layers"]
    assert client.images.get(own.static).attrs["RootFS"]["Layers"] == layers[:-1] or len(layers) > 1

    again = Heard()
    best = 9.0
    for _ in range(5):
        began = time.monotonic()
        assert images.ensure(client, [own.base, own.busybox], steps=again, allow_stand_ins=True) == ()
        best = min(best, time.monotonic() - began)
    assert again.titles == []
    assert best < 0.3


def test_an_image_that_is_there_is_never_touched(
    client: docker.DockerClient, own: Catalogue, tmp_path: Path
) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    before = own.real(own.static, folder)
    brought = images.ensure(client, [own.static, own.base], allow_stand_ins=True)
    # The stand-in of `base` is built on the one of `static`; that name is taken, so it gets a passing one.
    assert [one.name for one in brought] == [own.base]
    assert client.images.get(own.static).id == before
    assert not images.is_stand_in(client, own.static)
    assert noted(client, own.static) == []
    assert not list_images(client.api, "docker-notebook-course/base")
    with pytest.raises(APIError, match=r"no such file|not found"):
        out(client, own.base, "sh")


def test_a_mirror_is_asked_first(
    client: docker.DockerClient, own: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(client, REGISTRY, ports={"5000/tcp": ("127.0.0.1", None)}) as box:
        until(lambda: "listening on" in logs(box), "the registry listens")
        place = f"127.0.0.1:{port_of(box)}"
        folder = tmp_path / "real"
        folder.mkdir()
        own.real(own.busybox, folder)
        push(client, own.busybox, f"{place}/library/{own.busybox}")
        assert own.there() == set()
        monkeypatch.setenv("COURSE_REGISTRY", place)
        steps = Heard()
        brought = images.ensure(client, [own.busybox, own.static], steps=steps, allow_stand_ins=True)
    assert {one.name: one.how for one in brought} == {own.busybox: "pulled", own.static: "stand-in"}
    assert out(client, own.busybox, "cat", "/who") == f"real {own.busybox}"
    assert noted(client, own.busybox) == ["pulled"]
    assert f"{own.busybox} from {place}" in steps.titles


def test_a_bundle_comes_before_the_registry(
    client: docker.DockerClient, own: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    before = own.real(own.busybox, folder)
    images.ensure(client, [own.static], allow_stand_ins=True)
    bundle = tmp_path / "sub" / "bundle.tar"
    with Heard().step("") as step:
        size = images.save(client, [own.busybox, own.static], bundle, step)
    assert bundle.stat().st_size == size
    with images.Bundle(bundle) as opened:
        assert set(opened.images) == {
            images.Bundled(own.busybox, stand_in=False),
            images.Bundled(own.static, stand_in=True),
        }
    forget(client, own.busybox, own.static)

    monkeypatch.setenv("COURSE_BUNDLE", str(bundle))
    brought = images.ensure(client, [own.busybox])
    assert [(one.name, one.how) for one in brought] == [(own.busybox, "loaded")]
    assert own.there() == {own.busybox}, "the other image of the bundle stays out"
    assert client.images.get(own.busybox).id == before, "the digest is the saved one's"
    assert out(client, own.busybox, "cat", "/who") == f"real {own.busybox}"
    assert noted(client, own.busybox) == ["loaded"]
    # A stand-in from a bundle is a stand-in: not without leave.
    with pytest.raises(PullFailed):
        images.ensure(client, [own.static])
    brought = images.ensure(client, [own.static], allow_stand_ins=True)
    assert [(one.name, one.how) for one in brought] == [(own.static, "loaded")]
    assert images.is_stand_in(client, own.static)


def test_loading_a_bundle_moves_no_tag(client: docker.DockerClient, own: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    own.real(own.busybox, folder)
    own.real(own.static, folder)
    bundle = tmp_path / "bundle.tar"
    with Heard().step("") as step:
        images.save(client, [own.busybox, own.static], bundle, step)
    forget(client, own.busybox, own.static)
    (folder / "other").touch()
    mine = own.real(own.busybox, folder)
    brought = images.load(client, bundle)
    assert [one.name for one in brought] == [own.static]
    assert client.images.get(own.busybox).id == mine
    assert images.load(client, bundle) == ()


def test_a_reset_takes_stand_ins_only_with_everything(client: docker.DockerClient, own: Catalogue) -> None:
    images.ensure(client, [own.static], allow_stand_ins=True)
    with contextlib.closing(Ledger()) as ledger:
        reset(client, ledger, only=lambda item: item.name == own.static)
        assert own.there() == {own.static}
        reset(client, ledger, everything=True, only=lambda item: item.name == own.static)
    assert own.there() == set()
    assert noted(client, own.static) == []


@pytest.mark.parametrize("body", [b"", b"no tar at all", None])
def test_a_file_that_is_no_bundle(client: docker.DockerClient, tmp_path: Path, body: bytes | None) -> None:
    file = tmp_path / "bundle.tar"
    if body is not None:
        file.write_bytes(body)
    with pytest.raises(BundleError) as caught:
        images.load(client, file)
    assert "course images save" in caught.value.hint


def test_two_at_once_build_once(client: docker.DockerClient, own: Catalogue) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: images.ensure(client, [own.busybox], allow_stand_ins=True), range(2)))
    assert sorted(len(brought) for brought in found) == [0, 1]


def test_an_interruption_cancels_what_is_under_way(client: docker.DockerClient, own: Catalogue) -> None:
    began = threading.Event()

    class Impatient(Heard):
        def note(self, text: str) -> None:
            if text.startswith("Building"):
                began.set()
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images.ensure(client, [own.static, own.base], steps=Impatient(), allow_stand_ins=True)
    assert began.is_set()
    # Nothing is left behind that would hinder the next call.
    assert len(images.ensure(client, [own.static], allow_stand_ins=True)) == 1


def test_a_stand_in_is_not_made_for_a_foreign_architecture(
    client: docker.DockerClient, own: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(own.text.replace("real_bytes = 10", 'real_bytes = 10\nonly = ["m68k"]'))
    monkeypatch.setenv("COURSE_CATALOGUE", str(file))
    with pytest.raises(ImageError, match="no stand-in"):
        images.ensure(client, [own.busybox], allow_stand_ins=True)


def course(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(cli, ["images", *arguments])


def test_the_command_line(client: docker.DockerClient, own: Catalogue, tmp_path: Path) -> None:
    listed = json.loads(course("list", "--json").stdout)
    assert [(one["name"], one["present"]) for one in listed] == [
        (own.busybox, False),
        (own.static, False),
        (own.base, False),
    ]
    said = course("list").stdout
    assert "missing" in said
    assert "course images pull --all" in said
    refused = course("pull", own.busybox)
    assert isinstance(refused.exception, RegistryUnreachable)

    done = course("pull", own.busybox, "--stand-ins", "--json")
    assert [(one["name"], one["how"]) for one in json.loads(done.stdout)] == [(own.busybox, "stand-in")]
    assert "stand-in" in done.stderr
    said = course("list").stdout
    assert f"{own.busybox}  stand-in" in said
    assert "not the published image" in said
    assert "Nothing was missing." in course("pull", own.busybox).stdout

    file = tmp_path / "bundle.tar"
    saved = json.loads(course("save", str(file), "--json").stdout)
    assert saved["images"] == [own.busybox]
    assert saved["bytes"] == file.stat().st_size
    forget(client, own.busybox)
    refused = course("load", str(file))
    assert "Nothing was brought." in refused.stdout, "a stand-in needs leave"
    assert f"they are stand-ins and this engine is not the course's own: {own.busybox}" in " ".join(
        refused.stderr.split()
    )
    assert f"{own.busybox}  loaded" in course("load", str(file), "--stand-ins").stdout
    assert images.is_stand_in(client, own.busybox)
    assert isinstance(course("save", str(file), own.base).exception, ImageError)
    assert isinstance(course("pull", "none:1").exception, ImageError)


def test_a_run_that_is_stopped_begins_nothing_more(client: docker.DockerClient) -> None:
    with contextlib.ExitStack() as stack:
        run = Run(client, Heard(), False, {}, stack)
        cut: list[str] = []
        run._started(lambda: cut.append("early"))
        run._stop()
        with pytest.raises(CancelledError):
            run._started(lambda: cut.append("late"))
    assert cut == ["early"]
