"""The context, the lines and the errors of a build: no engine needed."""

from __future__ import annotations

import io
import socket
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from course.build.context import pack
from course.build.driver import _with_work_of
from course.build.failure import failed
from course.build.survey import survey
from course.errors import BuildError, ContextError, CourseError, DockerfileError, EngineTooOld, StepFailed
from course.trace import Build, Vertex
from course.trace.given import Given
from course.trace.lines import vertex_lines

MULTI_STAGE = """\
# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV A=1
WORKDIR /src
RUN <<EOF
FROM inside a heredoc
EOF
COPY . \\
  # a comment inside
  /src

FROM scratch AS empty
COPY --from=build /src /
FROM build
RUN make
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("[build 1/4] FROM docker.io/library/python:3.13-slim", 2),
        ("[build 2/4] WORKDIR /src", 4),
        ("[build 3/4] RUN <<EOF (FROM inside a heredoc)", 5),
        ("[build 4/4] COPY .   /src", 8),
        ("[linux/arm64 build 4/4] COPY .   /src", 8),
        ("[empty 1/1] COPY --from=build /src /", 13),
        ("[stage-2 1/1] RUN make", 15),
        ("[build 4/9] COPY . /src", None),  # BuildKit counts otherwise: claim nothing
        ("[elsewhere 1/1] RUN make", None),
        ("[internal] load build context", None),
    ],
)
def test_lines(name: str, line: int | None) -> None:
    assert vertex_lines(MULTI_STAGE, [name]).get(name) == line


def test_lines_of_an_unnamed_stage_and_another_escape() -> None:
    assert vertex_lines("FROM a\nRUN x\n", ["[2/2] RUN x"]) == {"[2/2] RUN x": 2}
    text = "# escape=`\nFROM a\nRUN x `\n y\nRUN C:\\\nRUN z"
    assert vertex_lines(text, ["[4/4] RUN z"]) == {"[4/4] RUN z": 6}


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in {"Dockerfile": "FROM scratch\n", **files}.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_pack_sends_what_the_ignore_file_leaves(tmp_path: Path) -> None:
    context = folder(
        tmp_path, **{"a.py": "1", "secret__key": "2", "x.log": "3", ".dockerignore": "secret\n*.log\n"}
    )
    (context / "link").symlink_to("a.py")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(context / "sock"))
        with tarfile.open(fileobj=io.BytesIO(b"".join(pack(context)))) as tar:
            assert sorted(tar.getnames()) == [".dockerignore", "Dockerfile", "a.py", "link"]
            assert all(member.uid == 0 and not member.pax_headers for member in tar)


def test_an_ignored_dockerfile_is_sent_all_the_same(tmp_path: Path) -> None:
    context = folder(tmp_path, **{"a.py": "1", ".dockerignore": "*\n!a.py\n"})
    assert [entry.path for entry in survey(context).entries] == ["Dockerfile", "a.py"]


def test_pack_stops_at_its_limit(tmp_path: Path) -> None:
    context = folder(tmp_path, big="x" * 1000)
    with pytest.raises(ContextError, match="larger than allowed"):
        pack(context, max_bytes=500)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no Dockerfile"),
        (b"", "holds no instruction"),
        (b"# only a comment\n\n", "holds no instruction"),
        (b"FROM x\n# \xff", "not UTF-8"),
        (b"#" * 10_000_000, "That is data"),
    ],
)
def test_a_bad_dockerfile_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "Dockerfile").write_bytes(content)
    with pytest.raises(DockerfileError, match=words) as caught:
        pack(tmp_path)
    assert caught.value.hint


def test_a_dockerfile_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").mkdir()
    with pytest.raises(DockerfileError, match="is a folder"):
        pack(tmp_path)


def culprit(name: str, error: str, log: str = "") -> Build:
    return Build("", (Vertex("a", "[1/2] FROM x"), Vertex("b", name, error=error, log=log, line=2)))


@pytest.mark.parametrize(
    ("words", "build", "kind", "text"),
    [
        (
            "dockerfile parse error on line 3: unknown instruction: RUNN",
            Build("", ()),
            DockerfileError,
            "Line 3",
        ),
        (
            "x",
            culprit("[2/2] RUN x", "process did not complete: exit code: 7", "why"),
            StepFailed,
            "exit code 7",
        ),
        (
            "x",
            culprit("[2/2] COPY n /", 'ref a::b: "/n": not found'),
            StepFailed,
            "/n is not in the build context",
        ),
        (
            "x",
            culprit("[2/2] COPY n /", '"/n" not found: not found'),
            StepFailed,
            "/n is not in the build context",
        ),
        (
            "x",
            culprit("[internal] load metadata for docker.io/library/nix:1", "no host"),
            BuildError,
            "image nix:1 ",
        ),
        (
            "x",
            culprit("resolve image config for docker-image://docker.io/docker/dockerfile:1", "no host"),
            DockerfileError,
            "syntax=docker/dockerfile:1",
        ),
        ("failed to read downloaded context: x", Build("", ()), EngineTooOld, "cannot build from a tar"),
        ("something else", Build("", ()), BuildError, "something else"),
    ],
)
def test_failures(words: str, build: Build, kind: type[CourseError], text: str) -> None:
    error = failed({"error": words, "errorDetail": {"message": words}}, build)
    assert type(error) is kind
    assert text in str(error)


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [("RUN x\nFROM y\n", 1), ("# z\nARG V=1\n\nCOPY . .\n", 4), ("ARG V=1\nFROM y\n", None)],
)
def test_what_stands_before_any_from_is_pointed_at(dockerfile: str, line: int | None) -> None:
    words = "no build stage in current context"
    error = failed({"error": words}, Build("", (), given=Given(dockerfile=dockerfile)))
    assert getattr(error, "line", None) == line
    if line:
        assert isinstance(error, DockerfileError)
        assert error.detail == words
        assert "before any FROM" in str(error)


def test_what_a_spoilt_attempt_ran_did_run() -> None:
    ran = Vertex("a1", "[2/2] RUN x", intervals=((1.0, 3.0),), log="said")
    kept = Vertex("b1", "[1/2] FROM x", intervals=((0.5, 0.5),), cached=True)
    again = Build("sha256:1", (replace(kept, digest="b2"), Vertex("a2", ran.name, cached=True)))
    done = _with_work_of([Build("", (kept, ran), error="parent snapshot")], again)
    assert [(one.digest, one.cached, one.seconds) for one in done.vertices] == [
        ("b2", True, 0.0),
        ("a2", False, 2.0),
    ]
    assert done.vertices[1].log == "said"
    assert _with_work_of([], again) == again
