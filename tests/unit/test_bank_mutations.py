"""A right answer, changed in one place: which changes there are, and that each changes just that."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkers.bank.mutations import compose, dockerfile, ignorefile, mutations, script
from checkers.bank.mutations.change import Change
from course.exercises import Exercise, load


def made(changes: Callable[[str], Iterator[Change]], text: str) -> dict[str, str]:
    """Name → changed text, without empty lines."""
    found = {}
    for change in changes(textwrap.dedent(text).lstrip("\n")):
        assert change.name not in found
        found[change.name] = "\n".join(line for line in change.text.splitlines() if line.strip())
    return found


def lines(*wanted: str) -> str:
    return "\n".join(wanted)


DOCKERFILE = """
    FROM python:3.13-slim AS build
    # why
    COPY --link a.py b.py ./
    RUN pip install x \\
        && rm -r /tmp/x
    FROM scratch
    ENV A=1 B="2 3"
    CMD ["python", "a b.py"]
"""
DOCKERFILE_LINES = (
    "FROM python:3.13-slim AS build",
    "# why",
    "COPY --link a.py b.py ./",
    "RUN pip install x \\",
    "    && rm -r /tmp/x",
    "FROM scratch",
    'ENV A=1 B="2 3"',
    'CMD ["python", "a b.py"]',
)
FROM, WHY, COPY, RUN, RUN_2, SCRATCH, ENV, CMD = DOCKERFILE_LINES


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("drop FROM scratch", (FROM, WHY, COPY, RUN, RUN_2, ENV, CMD)),
        ("drop RUN pip install x && rm -r /tmp/x", (FROM, WHY, COPY, SCRATCH, ENV, CMD)),
        (
            "swap FROM python:3.13-slim AS build | COPY --link a.py b.py ./",
            (COPY, WHY, FROM, RUN, RUN_2, SCRATCH, ENV, CMD),
        ),
        (
            "swap RUN pip install x && rm -r /tmp/x | FROM scratch",
            (FROM, WHY, COPY, SCRATCH, RUN, RUN_2, ENV, CMD),
        ),
        (f"without AS: {FROM}", ("FROM python:3.13-slim", *DOCKERFILE_LINES[1:])),
        (f"without --link: {COPY}", (FROM, WHY, "COPY a.py b.py ./", RUN, RUN_2, SCRATCH, ENV, CMD)),
        (f"without a.py: {COPY}", (FROM, WHY, "COPY --link b.py ./", RUN, RUN_2, SCRATCH, ENV, CMD)),
        (f"as ADD: {COPY}", (FROM, WHY, "ADD --link a.py b.py ./", RUN, RUN_2, SCRATCH, ENV, CMD)),
        (
            "on one line: RUN pip install x && rm -r /tmp/x",
            (FROM, WHY, COPY, "RUN pip install x     && rm -r /tmp/x", SCRATCH, ENV, CMD),
        ),
        (
            "a RUN each: RUN pip install x && rm -r /tmp/x",
            (FROM, WHY, COPY, "RUN pip install x", "RUN rm -r /tmp/x", SCRATCH, ENV, CMD),
        ),
        (f'without B="2 3": {ENV}', (*DOCKERFILE_LINES[:6], "ENV A=1", CMD)),
        (f"as ARG: {ENV}", (*DOCKERFILE_LINES[:6], 'ARG A=1 B="2 3"', CMD)),
        (f"in shell form: {CMD}", (*DOCKERFILE_LINES[:7], "CMD python 'a b.py'")),
        (f"as ENTRYPOINT: {CMD}", (*DOCKERFILE_LINES[:7], 'ENTRYPOINT ["python", "a b.py"]')),
        (f"exec form in one word: {CMD}", (*DOCKERFILE_LINES[:7], 'CMD ["python a b.py"]')),
    ],
)
def test_a_dockerfile_is_changed_in_one_place(name: str, wanted: tuple[str, ...]) -> None:
    assert made(dockerfile.changes, DOCKERFILE)[name] == lines(*wanted)


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        (
            "FROM a\nHEALTHCHECK --interval=3s CMD wget x || exit 1",
            "in exec form",
            'HEALTHCHECK --interval=3s CMD ["wget", "x", "||", "exit", "1"]',
        ),
        (
            "FROM a\nHEALTHCHECK --interval=3s CMD wget x || exit 1",
            "without ||",
            "HEALTHCHECK --interval=3s CMD wget x",
        ),
        (
            "FROM a\nHEALTHCHECK --interval=3s CMD wget x",
            "without --interval=3s",
            "HEALTHCHECK CMD wget x",
        ),
        ("FROM a\nRUN make", "with || true", "RUN make || true"),
        (
            "FROM x/a:2@sha256:00 AS b\nRUN true",
            "without the digest",
            "FROM x/a:2 AS b",
        ),
        (
            "FROM x:5000/a:2@sha256:00 AS b\nRUN true",
            "without the tag",
            "FROM x:5000/a@sha256:00 AS b",
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/c --network=none x",
            "without --mount=type=cache,target=/c",
            "RUN --network=none x",
        ),
    ],
)
def test_an_instruction_is_spelt_otherwise(text: str, name: str, wanted: str) -> None:
    found = made(dockerfile.changes, text)
    changed = next(new for what, new in found.items() if what.startswith(f"{name}: "))
    assert wanted in changed.splitlines()


def test_a_heredoc_goes_and_moves_with_its_instruction() -> None:
    found = made(dockerfile.changes, "FROM a\nRUN --network=none <<END\nmake\nEND\nUSER me\n")
    assert found["drop RUN --network=none <<END"] == "FROM a\nUSER me"
    assert found["swap RUN --network=none <<END | USER me"] == lines(
        "FROM a", "USER me", "RUN --network=none <<END", "make", "END"
    )
    assert found["without --network=none: RUN --network=none <<END"] == lines(
        "FROM a", "RUN <<END", "make", "END", "USER me"
    )


def test_a_tag_without_a_digest_stays() -> None:
    # Without it the name means latest: what comes of that depends on the registry, not on the checker.
    assert not [name for name in made(dockerfile.changes, "FROM a:1\nUSER b") if "tag" in name]


def test_each_line_of_an_ignore_file_is_dropped() -> None:
    found = made(ignorefile.changes, "# why\n.env\n\n*.pem\n")
    assert found == {"drop .env": "# why\n*.pem", "drop *.pem": "# why\n.env"}


def test_the_order_of_an_ignore_file_is_changed_where_it_counts() -> None:
    assert made(ignorefile.changes, "*\n!app\n")["swap * | !app"] == "!app\n*"


SCRIPT = """
    #!/bin/sh
    cd here
    docker run \\
        --detach \\
        -m 64m \\
        busybox:1.37 \\
        sh -c 'sleep 1'
    exec true
"""


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("drop -m 64m", ("docker run \\", "    --detach \\", "    busybox:1.37 \\", "    sh -c 'sleep 1'")),
        (
            "behind the image: --detach",
            (
                "docker run \\",
                "    -m 64m \\",
                "    busybox:1.37 \\",
                "    --detach \\",
                "    sh -c 'sleep 1'",
            ),
        ),
        (
            "drop the command in the container",
            ("docker run \\", "    --detach \\", "    -m 64m \\", "    busybox:1.37 "),
        ),
        ("drop docker run --detach -m 64m busybox:1.37 sh -c 'sleep 1'", ()),
    ],
)
def test_a_docker_command_is_changed_in_one_option(name: str, wanted: tuple[str, ...]) -> None:
    assert made(script.changes, SCRIPT)[name] == lines("#!/bin/sh", "cd here", *wanted, "exec true")


def test_a_script_loses_a_line_or_exec() -> None:
    found = made(script.changes, SCRIPT)
    assert found["drop cd here"].splitlines()[:2] == ["#!/bin/sh", "docker run \\"]
    assert found["without exec: exec true"].splitlines()[-1] == "true"


COMPOSE = """
    # A shop.
    name: shop
    services:
      app:
        image: &image "shop:1"   # ours
        environment: {A: 1, B: 2}
        command: [serve, --port, "80"]
        ports:
          - 127.0.0.1:80:80
          - target: 90
            published: 91
        healthcheck:
          test: |
            key: not one
            - nor this
          interval: 1s
      db:
        image: *image
    volumes:
      data:
"""


def test_each_key_of_a_compose_file_is_dropped_and_nothing_else() -> None:
    text = textwrap.dedent(COMPOSE)
    found = made(compose.changes, COMPOSE)
    anchored = {"drop services.app", "drop services.app.image"}  # db uses it: the file is broken without
    for name in set(found) - anchored:
        assert yaml.safe_load(found[name]) == without(yaml.safe_load(text), DROPPED[name]), name
    assert set(found) == set(DROPPED) | anchored


DROPPED: dict[str, tuple[str | int, ...]] = {
    "drop name": ("name",),
    "drop services": ("services",),
    "drop services.app.environment": ("services", "app", "environment"),
    "drop services.app.command": ("services", "app", "command"),
    "drop services.app.ports": ("services", "app", "ports"),
    "drop services.app.ports[127.0.0.1:80:80]": ("services", "app", "ports", 0),
    "drop services.app.ports[target: 90]": ("services", "app", "ports", 1),
    "drop services.app.ports[target: 90].target": ("services", "app", "ports", 1, "target"),
    "drop services.app.ports[target: 90].published": ("services", "app", "ports", 1, "published"),
    "drop services.app.healthcheck": ("services", "app", "healthcheck"),
    "drop services.app.healthcheck.test": ("services", "app", "healthcheck", "test"),
    "drop services.app.healthcheck.interval": ("services", "app", "healthcheck", "interval"),
    "drop services.db": ("services", "db"),
    "drop services.db.image": ("services", "db", "image"),
    "drop volumes": ("volumes",),
    "drop volumes.data": ("volumes", "data"),
}


def without(whole: Any, path: tuple[str | int, ...]) -> Any:
    """The loaded file without that; what becomes empty is null, as it is in the text."""
    *above, last = path
    place = functools.reduce(lambda value, step: value[step], above, whole)
    del place[last]
    if not place:
        functools.reduce(lambda value, step: value[step], above[:-1], whole)[above[-1]] = None
    return whole


@pytest.mark.parametrize("exercise", load(), ids=lambda one: one.id)
def test_each_solution_has_mutations_and_each_is_another_answer(exercise: Exercise) -> None:
    found = mutations(exercise.solution, exercise.starter)
    assert len(found) >= (
        10 if (exercise.solution / "Dockerfile").is_file() else 2
    )  # a script may be one command
    for path, text in found.values():
        assert text != (exercise.solution / path).read_text()


def test_a_file_that_the_learner_does_not_write_stays(tmp_path: Path) -> None:
    for folder in ("starter", "solution"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool.sh").write_text("echo same\n")
        (tmp_path / folder / "app.py").write_text("print()\n")
    (tmp_path / "starter" / "run.sh").write_text("echo a\n")
    (tmp_path / "solution" / "run.sh").write_text("echo b\n")
    assert list(mutations(tmp_path / "solution", tmp_path / "starter")) == ["run.sh: drop echo b"]
