"""Cache stories of real builds: each change tells its own reason, and nothing else does."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from course.build import build, buildx, cache_records
from course.engine.connect import connect
from course.engine.labels import made_image
from course.engine.listing import list_images
from course.errors import StepFailed
from course.trace import Build, compare

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM busybox:1.37 AS deps
ARG VERSION=1
COPY requirements.txt /app/
RUN : NONCE; echo $VERSION > /version
FROM busybox:1.37 AS assets
COPY src/ /src/
RUN : NONCE; cat /src/*.js > /bundle
FROM deps
ENV MODE=prod
COPY . /app/
RUN : NONCE; echo $MODE > /mode
COPY --from=assets /bundle /bundle
"""
BASE, REQUIREMENTS, VERSION, SRC, BUNDLE, ALL, MODE, FROM_ASSETS = 1, 3, 4, 6, 7, 10, 11, 12
EVERY = {REQUIREMENTS, VERSION, SRC, BUNDLE, ALL, MODE, FROM_ASSETS}


class Project:
    """A folder that is built again and again."""

    def __init__(self, client: docker.DockerClient, folder: Path, tag: str) -> None:
        self.client, self.folder, self.tag = client, folder, tag
        self.text = DOCKERFILE.replace("NONCE", uuid.uuid4().hex)
        (folder / "src").mkdir()
        for name in ("requirements.txt", "app.py", "src/a.js", "src/b.js"):
            (folder / name).write_text(f"{name} {uuid.uuid4()}")
        (folder / ".dockerignore").write_text("Dockerfile\n.dockerignore\n*.log\n")
        self.write()

    def write(self, *changes: tuple[str, str]) -> None:
        """The Dockerfile, with words replaced."""
        text = self.text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "Dockerfile").write_text(text)

    def build(self, **options: object) -> Build:
        """One build; of a failing one, its last snapshot."""
        seen: list[Build] = []
        try:
            return build(
                self.client, self.folder, tag=self.tag, labels=made_image(self.tag), network="none",
                on_update=seen.append, **options,
            )  # type: ignore[arg-type]  # fmt: skip
        except StepFailed:
            return seen[-1]


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    return connect()


@pytest.fixture
def project(engine: docker.DockerClient, tmp_path: Path) -> Iterator[Project]:
    tag = f"course-test-{uuid.uuid4().hex[:12]}:1"
    yield Project(engine, tmp_path, tag)
    if list_images(engine.api, tag):
        engine.images.remove(tag)


Change = Callable[[Project], dict[str, object]]


def edit(name: str) -> Change:
    def change(project: Project) -> dict[str, object]:
        (project.folder / name).write_text(f"changed {uuid.uuid4()}")
        return {}

    return change


def rewrite(*changes: tuple[str, str]) -> Change:
    def change(project: Project) -> dict[str, object]:
        project.write(*changes)
        return {}

    return change


def touch(project: Project) -> dict[str, object]:
    os.utime(project.folder / "app.py", (1, 1))
    return {}


def chmod(project: Project) -> dict[str, object]:
    (project.folder / "requirements.txt").chmod(0o755)
    return {}


def remove(project: Project) -> dict[str, object]:
    (project.folder / "src/b.js").unlink()
    return {}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda _: {}, {}),
        (touch, {}),
        (edit("new.log"), {}),  # ignored
        (edit("app.py"), {ALL: "file changed", MODE: "input rerun", FROM_ASSETS: "input rerun"}),
        (
            edit("src/a.js"),
            {SRC: "file changed", BUNDLE: "input rerun", ALL: "file changed", MODE: "input rerun",
             FROM_ASSETS: "input rerun"},
        ),
        (
            remove,
            {SRC: "file changed", BUNDLE: "input rerun", ALL: "file changed", MODE: "input rerun",
             FROM_ASSETS: "input rerun"},
        ),
        (
            chmod,
            {REQUIREMENTS: "file changed", VERSION: "input rerun", ALL: "file changed", MODE: "input rerun",
             FROM_ASSETS: "input rerun"},
        ),
        (
            lambda _: {"buildargs": {"VERSION": uuid.uuid4().hex}},
            {VERSION: "argument changed", ALL: "input rerun", MODE: "input rerun",
             FROM_ASSETS: "input rerun"},
        ),
        (
            rewrite(("MODE=prod", "MODE=dev")),
            {MODE: "instruction changed", FROM_ASSETS: "input rerun"},
        ),
        (
            rewrite(("echo $MODE", "echo again $MODE")),
            {MODE: "instruction changed", FROM_ASSETS: "input rerun"},
        ),
        (rewrite(("ENV MODE", "LABEL a=b\nENV MODE")), {}),  # no step, and nothing that a step depends on
        (lambda _: {"no_cache": True}, dict.fromkeys(EVERY, "no-cache")),
    ],
)  # fmt: skip
def test_a_change_tells_its_reason(project: Project, change: Change, wanted: dict[int, str]) -> None:
    before = project.build()
    first = {step.line: step.reason.kind for step in compare(None, before).ran}
    assert {line: kind for line, kind in first.items() if line != BASE} == dict.fromkeys(EVERY, "first time")
    after = project.build(**change(project))
    story = compare(before, after)
    found = {step.line: step.reason.kind for step in story.ran}
    assert found == wanted, story.text()
    assert not any(step.reason.kind == "unknown" for step in story.steps)
    assert Build.from_json(json.loads(json.dumps(after.to_json()))) == after


def test_the_files_and_the_argument_are_named(project: Project) -> None:
    before = project.build()
    edit("src/a.js")(project)
    edit("src/c.js")(project)
    story = compare(before, project.build(buildargs={"VERSION": "2"}))
    by_line = {step.line: step for step in story.steps}
    assert [str(one) for one in by_line[SRC].reason.files] == ["src/a.js changed", "src/c.js is new"]
    assert by_line[VERSION].reason.argument == "VERSION"
    assert "from 1 to 2 (ARG on line 2)" in by_line[VERSION].text()
    assert "src/a.js changed; src/c.js is new" in story.text()


def test_what_comes_out_the_same_is_reused_though_its_input_ran(project: Project) -> None:
    project.write(("cat /src/*.js > /bundle", "ls /src/a.js > /bundle"))
    before = project.build()
    edit("src/a.js")(project)
    (project.folder / ".dockerignore").write_text("Dockerfile\n.dockerignore\n")
    project.write(
        ("cat /src/*.js > /bundle", "ls /src/a.js > /bundle"), ("COPY . /app/", "COPY app.py /app/")
    )
    before = project.build()
    edit("src/a.js")(project)
    story = compare(before, project.build())
    last = next(step for step in story.steps if step.line == FROM_ASSETS)
    assert (last.outcome, last.reason.kind) == ("reused", "same result"), story.text()


def test_instructions_in_another_order_say_what_they_follow(project: Project) -> None:
    before = project.build()
    mode = next(line for line in project.text.splitlines() if "$MODE" in line)
    project.write((f"COPY . /app/\n{mode}", f"{mode}\nCOPY . /app/"))
    story = compare(before, project.build())
    moved = next(step for step in story.steps if "echo prod" in step.instruction)
    assert moved.reason.kind == "instruction changed"
    assert "it followed “COPY . /app/” in the build before" in moved.reason.text


def test_a_failed_build_and_the_one_after_it(project: Project) -> None:
    before = project.build()
    project.write(("cat /src/*.js > /bundle", "cat /nothing"))
    failed = project.build()
    story = compare(before, failed)
    by_line = {step.line: step for step in story.steps}
    assert by_line[BUNDLE].ended == "failed"
    assert by_line[FROM_ASSETS].outcome == "not run"
    project.write(("cat /src/*.js > /bundle", "cat /src/*.js > /bundle; true"))
    after = {step.line: step for step in compare(failed, project.build()).steps}
    assert (after[BUNDLE].outcome, after[BUNDLE].reason.text) == (
        "first time",
        "it failed in the build before",
    )


def test_an_ignored_dockerfile_stays_out_of_the_image(project: Project) -> None:
    if buildx.find(project.client) is None:
        pytest.skip("needs the docker CLI: a tar must hold the Dockerfile")
    (project.folder / "Dockerfile").write_text(
        "FROM busybox:1.37\nCOPY . /all/\nRUN ! test -e /all/Dockerfile && ls /all/app.py\n"
    )
    built = project.build()
    assert not built.error
    assert built.image.startswith("sha256:")
    assert built.given is not None
    assert "Dockerfile" not in (built.given.context or {})


def test_the_cache_tells_its_records(project: Project) -> None:
    project.build()
    records = cache_records(project.client)
    nonce = project.text.partition("RUN : ")[2].partition(";")[0]
    assert sum(nonce in record.description for record in records) == 3  # the three RUNs
    assert [record.bytes for record in records] == sorted((r.bytes for r in records), reverse=True)
    assert all(record.what and record.id for record in records)
