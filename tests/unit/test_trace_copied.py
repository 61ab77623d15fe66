"""Which files an instruction reads, and what is in force where it stands."""

from __future__ import annotations

import stat

import pytest

from course.dockerfile import parse
from course.trace import ContextFile
from course.trace.copied import select, sources
from course.trace.scope import Scope, Setting, expand, scopes, used

FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777
FILES = {
    "app.py": ContextFile("1", FILE),
    "app.txt": ContextFile("2", FILE),
    "src": ContextFile("", FOLDER),
    "src/a.js": ContextFile("3", FILE),
    "src/deep": ContextFile("", FOLDER),
    "src/deep/b.js": ContextFile("4", FILE),
    "srcs": ContextFile("5", FILE),
    "link": ContextFile("-> src/deep", LINK),
    "with space": ContextFile("6", FILE),
}


@pytest.mark.parametrize(
    ("instruction", "wanted"),
    [
        ("COPY . .", ("",)),
        ("COPY ./ /app/", ("",)),
        ("COPY app.py /", ("app.py",)),
        ("COPY /app.py ../app.txt /", ("app.py", "app.txt")),
        ("COPY src/ /x/", ("src", "src/a.js", "src/deep", "src/deep/b.js")),
        ("COPY src/deep/../a.js /", ("src/a.js",)),
        ("COPY app.* /", ("app.py", "app.txt")),
        ("COPY app.?? /", ("app.py",)),
        ("COPY [a-b]pp.txt /", ("app.txt",)),
        ("COPY [^b]pp.txt /", ("app.txt",)),
        ("COPY *.js /", ()),  # `*` stays within one name
        ("COPY */*.js /", ("src/a.js",)),
        ("COPY s*c /", ("src", "src/a.js", "src/deep", "src/deep/b.js")),
        ("COPY link /", ("link", "src/deep", "src/deep/b.js")),
        ('COPY ["with space", "/"]', ("with space",)),
        ("COPY 'with space' /", ("with space",)),
        ("COPY --chown=1:1 --link app.py /", ("app.py",)),
        ("COPY --from=build app.py /", ()),
        ("COPY <<EOF /x", ()),
        ("ADD https://example.org/app.py app.txt /", ("app.txt",)),
        ("ADD git@github.com:a/b.git /", ()),
        ("RUN cat app.py", ()),
        ("RUN --mount=type=bind,source=src,target=/s ls", ("src", "src/a.js", "src/deep", "src/deep/b.js")),
        ("RUN --mount=type=bind,target=/s ls", ("",)),
        ("RUN --mount=target=/s,src=app.py ls", ("app.py",)),
        ("RUN --mount=type=bind,from=build,source=src,target=/s ls", ()),
        ("RUN --mount=type=cache,target=/c --mount=type=secret,id=src ls", ()),
        ("WORKDIR /src", ()),
    ],
)
def test_what_is_read_of_the_context(instruction: str, wanted: tuple[str, ...]) -> None:
    found = select(FILES, sources(instruction))
    assert set(found) == (set(FILES) if wanted == ("",) else set(wanted))


TEXT = """\
ARG BASE=busybox
ARG TWICE=outer
FROM ${BASE} AS one
ARG A=1
ENV B=$A C="x y"
ARG TWICE
RUN first
USER nobody
ARG HTTP_PROXY=http://x
RUN second
FROM one
RUN third
"""


def in_force(given: dict[str, str], line: int) -> Scope:
    return scopes(parse(TEXT), given)[line]


def test_arguments_end_with_their_stage_and_env_is_inherited() -> None:
    first, second, third = (in_force({}, line) for line in (7, 10, 12))
    assert first.args == {"A": Setting("1", 4), "TWICE": Setting("outer", 6)}
    assert first.env == {"B": Setting("1", 5), "C": Setting("x y", 5)}
    assert second.others == {"USER": Setting("nobody", 8)}
    assert "HTTP_PROXY" not in second.args  # proxies are no part of the key
    assert third.args == {}
    assert third.env == first.env
    assert third.others == second.others


def test_given_arguments_win_and_reach_what_is_made_of_them() -> None:
    scope = in_force({"A": "9", "TWICE": "given", "UNKNOWN": "x"}, 7)
    assert (scope.value("A"), scope.value("B"), scope.value("TWICE")) == ("9", "9", "given")
    assert scope.value("UNKNOWN") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$A-${A}", "1-1"),
        ("\\$A", "$A"),
        ("${N:-d}", "d"),
        ("${A:+set}", "set"),
        ("${N:+set}", ""),
        ("$N", ""),
    ],
)
def test_expand(text: str, wanted: str) -> None:
    assert expand(text, Scope({"A": Setting("1", 1)})) == wanted


def test_used() -> None:
    assert used("$A ${B:-x} \\$C $$ 5$") == {"A", "B"}
