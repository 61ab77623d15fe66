"""`.dockerignore`: each pattern beside BuildKit's own answer, which is written down."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.build.ignore import Ignore, read
from course.build.survey import survey
from course.errors import ContextError
from tests.unit.dockerignore.tree import BAD, PATTERNS, make, sent, text


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize(
    ("lines", "wanted"), list(zip(PATTERNS, sent(), strict=True)), ids=map(repr, PATTERNS)
)
def test_what_is_sent_is_what_buildkit_sees(
    tmp_path: Path, lines: tuple[str, ...], wanted: list[str]
) -> None:
    (make(tmp_path) / ".dockerignore").write_text(text(lines), encoding="utf-8")
    found = [
        entry.path + "/" * stat.S_ISDIR(entry.status.st_mode) for entry in survey(tmp_path, "-none-").entries
    ]
    assert sorted(found) == wanted


def test_the_table_is_long_and_tells_right_from_wrong() -> None:
    assert len(PATTERNS) >= 60
    assert len({tuple(row) for row in sent()}) > 60


@pytest.mark.parametrize("lines", BAD, ids=repr)
def test_what_no_build_accepts_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (make(tmp_path) / ".dockerignore").write_text(text(lines))
    with pytest.raises(ContextError) as caught:
        survey(tmp_path)
    assert caught.value.hint


def test_the_dockerfiles_own_ignore_file_comes_first(tmp_path: Path) -> None:
    for name, words in {
        "Dockerfile": "FROM scratch",
        "sub/other.Dockerfile": "FROM scratch",
        "sub/other.Dockerfile.dockerignore": "a.txt",
        ".dockerignore": "b.txt",
        "a.txt": "",
        "b.txt": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(words)
    everything = {"Dockerfile", "sub", "sub/other.Dockerfile", "sub/other.Dockerfile.dockerignore"}
    own, general = survey(tmp_path, "sub/other.Dockerfile"), survey(tmp_path)
    assert {entry.path for entry in own.entries} == everything | {".dockerignore", "b.txt"}
    assert {entry.path for entry in general.entries} == everything | {".dockerignore", "a.txt"}
    assert (own.ignore_file, general.ignore_file) == ("sub/other.Dockerfile.dockerignore", ".dockerignore")


def test_an_ignored_dockerfile_is_sent_with_its_folders(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/Dockerfile").write_text("FROM scratch")
    (tmp_path / "a/b/other").write_text("")
    (tmp_path / ".dockerignore").write_text("*")
    assert [entry.path for entry in survey(tmp_path, "a/b/Dockerfile").entries] == [
        "a",
        "a/b",
        "a/b/Dockerfile",
    ]


@given(st.lists(st.text(alphabet="ab*?[]!/\\.^- #{}|", max_size=8), max_size=5))
def test_any_file_gives_patterns_or_a_clear_error(lines: list[str]) -> None:
    try:
        ignore = read("\n".join(lines).encode())
        assert ignore.judge("a/b")[0] in (True, False)
    except ContextError as error:
        assert error.hint  # noqa: PT017


def test_without_patterns_nothing_is_left_out() -> None:
    assert Ignore().judge("a") == (False, ())
