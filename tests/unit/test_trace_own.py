"""Builds that run at the same time lend each other names and steps: which are one's own."""

from __future__ import annotations

import pytest

from course.trace.lines import Lines
from course.trace.own import Told, own_names

TEXT = """\
FROM python:3.13-slim AS one
WORKDIR /app
COPY f /app/
FROM python:3.13-slim
WORKDIR /app
COPY --from=one /app/f $TO
RUN make
"""
BASE = "FROM docker.io/library/python:3.13-slim@sha256:12"
OWN = {
    "base": f"[one 1/3] {BASE}",
    "work": "[one 2/3] WORKDIR /app",
    "copy": "[one 3/3] COPY f /app/",
    "take": "[stage-1 3/4] COPY --from=one /app/f /there",
    "make": "[stage-1 4/4] RUN make",
    "load": "[internal] load build context",
}
INPUTS = {"work": ("base",), "copy": ("work", "load"), "take": ("work", "copy"), "make": ("take",)}


def told(names: dict[str, str], inputs: dict[str, tuple[str, ...]] | None = None, *known: str) -> list[Told]:
    found = INPUTS | (inputs or {})
    return [Told(one, name, found.get(one, ()), not known or one in known) for one, name in names.items()]


@pytest.mark.parametrize(
    ("heard", "inputs"),
    [
        ({}, {}),
        ({"base": f"[1/5] {BASE}", "work": "[2/5] WORKDIR /app"}, {}),
        ({"work": "[stage-1 2/4] WORKDIR /app"}, {}),
        # The neighbour's COPY came to the same as ours, and is told beside it.
        ({"theirs": "[one 3/3] COPY f /app/"}, {"theirs": ("work",)}),
        # Steps of the neighbour's alone: another count, other words, something else below.
        ({"theirs": "[2/9] RUN make"}, {"theirs": ("base",)}),
        ({"theirs": "[one 3/3] COPY g /app/"}, {"theirs": ("work",)}),
    ],
)
def test_a_neighbours_names_and_steps(heard: dict[str, str], inputs: dict[str, tuple[str, ...]]) -> None:
    assert own_names(Lines(TEXT).stages, told(OWN | heard, inputs)) == OWN


def test_of_two_alike_the_one_that_ran_is_kept() -> None:
    heard = told(
        OWN | {"twin": "[stage-1 4/4] RUN make"}, {"twin": ("take",)}, *OWN.keys() - {"make"}, "twin"
    )
    found = own_names(Lines(TEXT).stages, heard)
    assert "make" not in found
    assert found["twin"] == "[stage-1 4/4] RUN make"


@pytest.mark.parametrize(
    "names",
    [
        # All steps count two more than the Dockerfile's: its base has ONBUILD instructions.
        {"a": "[1/4] FROM docker.io/library/app", "b": "[2/4] COPY . /", "c": "[4/4] RUN make"},
        {"a": "[linux/amd64 one 1/3] FROM python", "b": "[linux/arm64 one 1/3] FROM python"},
    ],
)
def test_what_the_dockerfile_does_not_explain_stays_as_it_is(names: dict[str, str]) -> None:
    assert own_names(Lines("FROM app\nRUN make\n").stages, told(names, {"b": ("a",), "c": ("b",)})) == names


def test_the_onbuild_steps_of_one_stage_stay() -> None:
    text = "FROM app AS one\nRUN make\nFROM scratch\nCOPY --from=one /x /\n"
    names = {
        "a": "[one 1/3] FROM docker.io/library/app",
        "b": "[one 2/3] COPY . /",
        "c": "[one 3/3] RUN make",
        "d": "[stage-1 1/1] COPY --from=one /x /",
    }
    found = own_names(Lines(text).stages, told(names, {"b": ("a",), "c": ("b",), "d": ("c",)}))
    assert list(found) == list(names)
    assert found["b"] == names["b"]
