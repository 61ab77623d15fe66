"""The line of an error that BuildKit tells without one."""

from __future__ import annotations

import pytest

from course.build.failure import failed
from course.build.place import line_of
from course.errors import BuildError, DockerfileError
from course.trace import Build, Given, Vertex


@pytest.mark.parametrize(
    ("words", "dockerfile", "line"),
    [
        ("invalid syntax", "FROM x\nCOPY --chmod=644 a /\nCOPY --chmod=rw b /\n", 3),
        ("invalid syntax", "FROM x\nCOPY --chmod=rw a /\nCOPY --chmod=rw b /\n", None),  # either of them
        ('unsupported mount type "wrong"', "FROM x\nRUN --mount=type=wrong true\n", 2),
        ('failed to process "${x": unsupported modifier', "FROM x\nUSER a\nWORKDIR ${x\n", 3),
        ("invalid containerPort: abc", "FROM x\nEXPOSE 80\nEXPOSE abc\n", 3),
        ("invalid containerPort: abc", "FROM x\nEXPOSE abc\nRUN abc\n", None),
        ("unterminated heredoc", "FROM x\nCOPY <<A /a\nhi\nA\nRUN <<E\necho\n", 5),
        ("something else", "FROM x\n", None),
        ("", "", None),
    ],
)
def test_what_an_error_names_is_found_if_one_instruction_alone_has_it(
    words: str, dockerfile: str, line: int | None
) -> None:
    assert line_of(words, dockerfile) == line


def told(words: str, dockerfile: str, *vertices: Vertex) -> BuildError:
    error = failed({"error": words}, Build("", vertices, given=Given(dockerfile=dockerfile)))
    assert isinstance(error, BuildError)
    return error


def test_the_line_found_is_shown_among_its_neighbours() -> None:
    error = told("invalid containerPort: abc", "FROM x\nEXPOSE abc\nCMD y\n")
    assert isinstance(error, DockerfileError)
    assert (error.line, error.detail) == (2, "  1 FROM x\n> 2 EXPOSE abc\n  3 CMD y")


def test_where_no_line_is_found_the_next_command_names_one() -> None:
    error = told("invalid syntax", "FROM x\n")
    assert error.line is None
    assert str(error) == "The build failed: invalid syntax"
    assert "docker buildx build" in error.hint


def test_a_misspelt_stage_is_told_from_a_missing_base() -> None:
    vertex = Vertex("a", "[internal] load metadata for docker.io/library/biuld:latest", error="no such host")
    dockerfile = "FROM x AS build\nRUN y\nFROM x\nCOPY --from=biuld /a /\n"
    error = told("no such host", dockerfile, vertex)
    assert error.line == 4
    assert "takes files from biuld. No stage" in str(error)
    assert error.hint.startswith("The stages here: build.")

    mounted = told("", "FROM x\nRUN --mount=type=bind,from=biuld,target=/m true\n", vertex)
    assert (mounted.line, mounted.hint.split(".")[0]) == (2, "No stage here has a name")

    base = told("no such host", "FROM x AS y\nFROM biuld\n", vertex)
    assert base.line == 2
    assert "Line 2: the base image biuld:latest is not in this engine" in str(base)


def test_a_target_that_is_no_stage_is_answered_with_those_there_are() -> None:
    words = 'target stage "tset" could not be found'
    assert told(words, "FROM x AS build\nFROM x AS test\n").hint == "The stages here: build, test."
    assert told(words, "FROM x\n").hint == "No stage here has a name."
