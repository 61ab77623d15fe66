"""Advisers on what is sent, built and kept in an image, made by hand: what they catch and leave alone. And
what holds for every adviser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checkers.review import advisers as every
from checkers.review.advisers import (
    base_tag,
    build_checks,
    code_edit,
    context_junk,
    dev_packages,
    hidden,
    linted,
    package_caches,
    secret_files,
    secret_settings,
    toolchain,
)
from checkers.review.secrets import Found
from checkers.review.seen import Base, Linted, Seen, Sent
from course.trace import Build, ContextFile, Given, Vertex, compare
from course.trace.model import BuildWarning
from tests.unit.advised import SEEN, TEXT, Adviser, Caught, LeftAlone, file, image, name, told
from tests.unit.test_misconceptions import NOTEBOOKS
from tests.unit.test_review_advice_running import CATCHES as RUNNING


def story(
    *, rerun: bool, instruction: str = "RUN pip install -r requirements.txt", seconds: float = 5.0
) -> Any:
    def built(content: str, cached: bool) -> Build:
        names = ["FROM docker.io/library/python:3.13-slim", "COPY . .", instruction]
        vertices = [
            Vertex(
                str(number),
                f"[{number}/3] {name}",
                (str(number - 1),) if number > 1 else (),
                ((0.0, 0.0 if cached and number != 2 else seconds),),
                cached=number == 1 or (cached and number != 2),
                line=number,
            )
            for number, name in enumerate(names, 1)
        ]
        files = {"app.py": ContextFile(content, 0o100644)}
        return Build("sha256:1", tuple(vertices), seconds=9.0, given=Given(TEXT, context=files))

    return compare(built("1", False), built("2", not rerun))


JUNK = {"app.py": Sent(10, 3), ".git/HEAD": Sent(5, 3), "a/__pycache__/x.pyc": Sent(5, 3)}
SECRET = {
    "secrets": (Found(".env", "DB_PASSWORD", 2),),
    "digests": {"d": ".env"},
    "context": {".env": Sent(9, 3)},
}
LOCK = json.dumps({"packages": {"node_modules/jest": {"dev": True}, "node_modules/express": {}}}).encode()
NODE = image(
    [], [file("app/node_modules/jest/index.js", 900), file("app/node_modules/express/index.js", 100)]
)
LISTED = {"app/node_modules/.package-lock.json": LOCK}

CATCHES: list[Caught] = [
    (
        secret_files.advise,
        SECRET | {"image": image([], [file("srv/.env", 9, "d")]), "below": 1},
        ["secret-in-image serious"],
    ),
    (
        secret_files.advise,
        SECRET | {"image": image([], [file("e", 9, "d")], [], gone={2: ("e",)}), "below": 1},
        ["secret-in-image serious"],
    ),
    (secret_files.advise, SECRET, ["secret-in-context advice"]),
    (secret_files.advise, SECRET | {"context": {".env": Sent(9)}}, ["secret-in-context note"]),
    (
        secret_files.advise,
        {
            "image": image([], [file("root/.npmrc")]),
            "below": 1,
            "files": {"root/.npmrc": b"//r/:_authToken=abcdef"},
        },
        ["secret-in-image serious"],
    ),
    (
        secret_settings.advise,
        {"config": {"Env": ["TOKEN=7sdf8sdf", "PATH=/bin"]}},
        ["secret-in-settings serious"],
    ),
    (secret_settings.advise, {"config": {"Env": ["TOKEN=changeme"]}}, ["secret-in-settings advice"]),
    (
        secret_settings.advise,
        {"history": ("RUN |2 V=1 NPM_TOKEN=9sdf7 /bin/sh -c npm ci # buildkit",)},
        ["secret-in-settings serious"],
    ),
    (
        secret_settings.advise,
        {"history": (f"RUN /bin/sh -c curl -H ghp_{'a1' * 18} x",)},
        ["secret-in-settings serious"],
    ),
    (code_edit.advise, {"edited": "app.py", "story": story(rerun=True)}, ["edit-reinstalls advice"]),
    (
        code_edit.advise,
        {
            "edited": "app.py",
            "story": story(rerun=True, instruction="RUN --mount=type=cache,target=/c npm ci"),
        },
        ["edit-reinstalls note"],
    ),
    (
        code_edit.advise,
        {"edited": "app.py", "story": story(rerun=True, instruction="RUN make", seconds=30)},
        ["edit-slow note"],
    ),
    (context_junk.advise, {"context": JUNK}, ["context-junk advice"]),
    (context_junk.advise, {"context": {"x/a.log": Sent(9, 3)}}, ["context-junk note"]),
    (context_junk.advise, {"context": {"x/a.log": Sent(2_000_000, 3)}}, ["context-junk advice"]),
    (
        hidden.advise,
        {"image": image([], [file("a", 3_000_000)], [], gone={2: ("a",)}), "below": 1},
        ["hidden note"],
    ),
    (
        hidden.advise,
        {"image": image([], [file("a", 30_000_000)], [], gone={2: ("a",)}), "below": 1},
        ["hidden advice"],
    ),
    (
        package_caches.advise,
        {"image": image([], [file("root/.cache/pip/x", 2_000_000)]), "below": 1},
        ["package-caches advice"],
    ),
    (
        package_caches.advise,
        {"image": image([], [file("var/lib/apt/lists/x", 2_000_000)]), "below": 1},
        ["package-caches advice"],
    ),
    (dev_packages.advise, {"image": NODE, "files": LISTED}, ["dev-packages advice"]),
    (
        toolchain.advise,
        {"image": image([], [file("usr/lib/gcc/x86_64-linux-gnu/14/cc1", 30_000_000)]), "below": 1},
        ["toolchain advice"],
    ),
    (
        toolchain.advise,
        {"image": image([file("usr/local/go/pkg/tool/compile", 30_000_000)], []), "below": 1},
        ["toolchain advice"],
    ),
    (
        base_tag.advise,
        {"bases": (Base("node", 1), Base("r.example:5000/a/b:latest", 4))},
        ["base-latest advice"],
    ),
    (base_tag.advise, {"bases": (Base("python:3.13-slim", 1, "sha256:1"),)}, ["base-digest note"]),
    (
        build_checks.advise,
        {"build": Build("", (), (BuildWarning("JSONArgsRecommended: x", line=7),))},
        ["build-check hint"],
    ),
    (linted.advise, {"linted": (Linted("DL3008", "warning", 4, "Pin versions"),)}, ["hadolint hint"]),
]
CATCHES_NOT: list[LeftAlone] = [
    (secret_files.advise, {"context": {"app.py": Sent(9, 3)}, "image": image([], [file("app.py")])}),
    # the base's own file, of the usual name
    (secret_files.advise, {"image": image([file("etc/pip.conf")], []), "below": 1, "files": {}}),
    (secret_settings.advise, {"config": {"Env": ["GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305"]}}),
    (secret_settings.advise, {"config": {"Env": ["TOKEN="]}}),
    (secret_settings.advise, {"history": ("RUN |1 VERSION=1.2 /bin/sh -c make # buildkit",)}),
    (code_edit.advise, {"edited": "app.py", "story": story(rerun=False)}),
    (code_edit.advise, {"edited": "app.py", "story": story(rerun=True, instruction="RUN make")}),
    (context_junk.advise, {"context": {"app.py": Sent(10, 3), ".git/HEAD": Sent(5)}}),
    (context_junk.advise, {"context": {"src/logbook.py": Sent(10, 3), ".github/ci.yml": Sent(5, 3)}}),
    (hidden.advise, {"image": image([file("a", 3_000_000)], [], gone={1: ()}), "below": 1}),
    # the base hides it
    (hidden.advise, {"image": image([file("a", 3_000_000)], [], [], gone={1: ("a",)}), "below": 2}),
    (package_caches.advise, {"image": image([file("root/.cache/pip/x", 2_000_000)], []), "below": 1}),
    (package_caches.advise, {"image": image([], [file("root/.cache/pip/x", 900)]), "below": 1}),
    (dev_packages.advise, {"image": NODE, "files": {"app/node_modules/.package-lock.json": b"{}"}}),
    (dev_packages.advise, {"image": NODE, "files": {"app/node_modules/.package-lock.json": b"not json"}}),
    (dev_packages.advise, {"image": image([]), "files": LISTED}),
    (toolchain.advise, {"image": image([], [file("usr/lib/gcc/x86_64-linux-gnu/14/libgcc.a", 30_000_000)])}),
    (base_tag.advise, {"bases": (Base("python:3.13-slim", 1), Base("node@sha256:1", 2))}),
    (build_checks.advise, {"build": Build("", ())}),
    (linted.advise, {}),
]


@pytest.mark.parametrize("case", CATCHES, ids=name)
def test_it_catches(case: Caught) -> None:
    advise, seen, wanted = case
    assert told(advise, seen) == wanted


@pytest.mark.parametrize("case", CATCHES_NOT, ids=name)
def test_it_leaves_alone(case: LeftAlone) -> None:
    assert told(*case) == []


@pytest.mark.parametrize("adviser", every.ALL, ids=lambda one: one.__module__.rpartition(".")[2])
def test_nothing_seen_is_no_advice(adviser: Adviser) -> None:
    assert list(adviser(Seen())) == []


def test_every_adviser_is_listed() -> None:
    folder = Path(every.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {one.__module__.rpartition(".")[2] for one in every.ALL} == files


def test_a_lesson_that_is_named_is_there() -> None:
    links = {
        one.lesson
        for advise, seen, _ in [*CATCHES, *RUNNING]
        for one in advise(replace(SEEN, **seen))
        if one.lesson
    }
    assert len(links) > 8
    for link in links:
        notebook, _, anchor = link.partition("#")
        cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
        headings = {
            line.lstrip("#").strip().replace(" ", "-")
            for cell in cells
            if cell["cell_type"] == "markdown"
            for line in "".join(cell["source"]).splitlines()
            if line.startswith("#")
        }
        assert anchor in headings, f"{notebook} has no heading {anchor}"


def test_a_secret_is_told_of_and_never_told() -> None:
    value = "s3cr3t-Value-9182"
    seen = replace(
        SEEN,
        config={"Env": [f"TOKEN={value}"]},
        history=(f"RUN |1 API_KEY={value} /bin/sh -c true",),
    )
    found = [*secret_settings.advise(seen)]
    assert len(found) == 2
    assert value not in json.dumps([one.to_json() for one in found])
