"""The table of `.dockerignore` patterns, asked of BuildKit itself: a few builds, each row a context."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import docker
import pytest

from course.build import buildx
from course.build.survey import survey
from course.engine.connect import connect
from course.errors import ContextError
from tests.unit.dockerignore.tree import BAD, PATTERNS, keep, make, sent, text

pytestmark = pytest.mark.engine


_AT_ONCE = 40  # contexts of one build


def ask(client: docker.DockerClient, root: Path) -> list[list[str]]:
    """What BuildKit takes of the tree, row by row."""
    rows: list[list[str]] = []
    for first in range(0, len(PATTERNS), _AT_ONCE):
        rows += _ask(client, root / str(first), PATTERNS[first : first + _AT_ONCE])
    return rows


def _ask(client: docker.DockerClient, root: Path, patterns: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    dockerfile = ["FROM scratch"]
    options: list[str] = []
    for number, lines in enumerate(patterns):
        folder = make(root / str(number))
        (folder / ".dockerignore").write_text(text(lines), encoding="utf-8")
        dockerfile += [f"WORKDIR /{number}", f"COPY --from=row{number} . /{number}/"]
        options += ["--build-context", f"row{number}={folder}"]
    (root / "Dockerfile").write_text("\n".join(dockerfile))
    (root / ".dockerignore").write_text("*\n")
    with tarfile.open(fileobj=io.BytesIO(run(client, root, *options))) as tar:
        rows: list[list[str]] = [[] for _ in patterns]
        for member in tar:
            number, _, path = member.name.rstrip("/").partition("/")
            if path:
                rows[int(number)].append(path + "/" * member.isdir())
    return [sorted(row) for row in rows]


def run(client: docker.DockerClient, context: Path, *options: str) -> bytes:
    cli = buildx.find(client)
    if cli is None:
        if os.environ.get("CI") == "true":
            raise AssertionError("no docker CLI with buildx")
        pytest.skip("needs the docker CLI with buildx")
    command = [cli.program, "buildx", "build", "--builder", "default", "-o", "type=tar,dest=-", *options]
    done = subprocess.run(
        [*command, str(context)], env=cli.environment, capture_output=True, timeout=120, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr.decode()[-2000:])
    return done.stdout


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    return connect()


def test_buildkit_answers_as_the_table_says(engine: docker.DockerClient, tmp_path: Path) -> None:
    answers = ask(engine, tmp_path)
    wrong = [
        (lines, sorted(set(found) ^ set(kept)))
        for lines, found, kept in zip(PATTERNS, answers, sent(), strict=True)
        if found != kept
    ]
    assert not wrong


@pytest.mark.parametrize("lines", [PATTERNS[61], PATTERNS[67], PATTERNS[1]], ids=repr)
def test_the_main_context_is_filtered_alike(
    engine: docker.DockerClient, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    (make(tmp_path) / ".dockerignore").write_text(text(lines))
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    with tarfile.open(fileobj=io.BytesIO(run(engine, tmp_path))) as tar:
        found = {member.name.rstrip("/") for member in tar}
    assert {entry.path for entry in survey(tmp_path).entries} - {"Dockerfile"} == found - {"Dockerfile"}


@pytest.mark.parametrize("lines", BAD, ids=repr)
def test_what_we_refuse_is_refused(
    engine: docker.DockerClient, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    (make(tmp_path) / ".dockerignore").write_text(text(lines))
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    with pytest.raises(ContextError):
        survey(tmp_path)
    with pytest.raises(ValueError, match=r"pattern|parsing regexp"):
        run(engine, tmp_path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        keep(ask(connect(), Path(folder)))
