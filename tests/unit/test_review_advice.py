"""Each adviser on what was seen, made by hand: what it catches, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checkers.http import Listener
from checkers.processes import Process
from checkers.review import Advice, Severity
from checkers.review import advisers as every
from checkers.review.advisers import (
    base_tag,
    build_checks,
    code_edit,
    context_junk,
    dev_packages,
    health_check,
    hidden,
    linted,
    package_caches,
    ports,
    root,
    secret_files,
    secret_settings,
    stop,
    toolchain,
)
from checkers.review.secrets import Found
from checkers.review.seen import Base, Health, Linted, Ran, Seen, Sent, Stop
from checkers.rules.health import Result
from course.layers import Entry, Image, Layer
from course.trace import Build, ContextFile, Given, Vertex, compare
from course.trace.model import BuildWarning
from tests.unit.test_misconceptions import NOTEBOOKS

TEXT = """\
FROM python:3.13-slim
ENV TOKEN=x
COPY . .
RUN pip install -r requirements.txt
EXPOSE 8000
HEALTHCHECK CMD wget -q localhost:8000
CMD ["python", "app.py"]
"""
SEEN = Seen(text=TEXT)
WEB = {"ExposedPorts": {"8000/tcp": {}}, "Healthcheck": {"Test": ["CMD-SHELL", "wget -q localhost:8000"]}}


def image(*layers: list[Entry], gone: dict[int, tuple[str, ...]] | None = None) -> Image:
    return Image(
        "test",
        tuple(
            Layer(
                index,
                instruction=f"RUN {index}",
                line=index,
                tar_bytes=sum(one.size for one in entries),
                entries=tuple(entries),
                whiteouts=(gone or {}).get(index, ()),
            )
            for index, entries in enumerate(layers)
        ),
    )


def file(path: str, size: int = 1, digest: str = "") -> Entry:
    return Entry(path, "file", size, digest=digest or path)


def process(pid: int, command: str, uid: int) -> Process:
    return Process(pid, 0, command, (uid,) * 4, (uid,) * 4)


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


ROOT = Ran(processes=(process(1, "python app.py", 0),))
HEARD = Ran(listeners=(Listener("0.0.0.0", 8000),))
CURL = Result("1", 127, "/bin/sh: 1: curl: not found")
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

Adviser = Callable[[Seen], Iterator[Advice]]
# adviser → what was seen, and the ids and severities that it must come to
CATCHES: list[tuple[Adviser, dict[str, Any], list[str]]] = [
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
    (health_check.advise, {"config": {"ExposedPorts": {"80/tcp": {}}}}, ["health-missing note"]),
    (
        health_check.advise,
        {"config": {"Healthcheck": {"Test": ["NONE"]}}, "ran": HEARD},
        ["health-missing note"],
    ),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((CURL,)))}, ["health-broken serious"]),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((Result("1", 1, "503"),)))},
        ["health-broken note"],
    ),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((), True, (1,), (0, 0)))},
        ["health-blind advice"],
    ),
    (
        health_check.advise,
        {"config": WEB, "ran": Ran(health=Health((), True, (0, 0)))},
        ["health-blind advice"],
    ),
    (
        health_check.advise,
        {"config": {"Healthcheck": {"Test": ["CMD", "x"], "Interval": 300 * 10**9}}},
        ["health-slow note"],
    ),
    (
        ports.advise,
        {"ran": Ran(listeners=(Listener("127.0.0.1", 8000), Listener("::1", 8000)))},
        ["listens-inside serious"],
    ),
    (ports.advise, {"config": {"ExposedPorts": {"3000/tcp": {}}}, "ran": HEARD}, ["expose-wrong advice"]),
    (root.advise, {"ran": ROOT}, ["root advice"]),
    (root.advise, {"image": image([])}, ["root advice"]),
    (root.advise, {"image": image([]), "config": {"User": "0:0"}}, ["root advice"]),
    (
        root.advise,
        {"ran": Ran(processes=(process(1, "nginx", 0), process(7, "worker", 101)))},
        ["root-beside note"],
    ),
    (stop.advise, {"ran": Ran(stop=Stop(True, 10.1))}, ["killed advice"]),
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
CATCHES_NOT: list[tuple[Adviser, dict[str, Any]]] = [
    (secret_files.advise, {"context": {"app.py": Sent(9, 3)}, "image": image([], [file("app.py")])}),
    # the base's own file, of the usual name
    (secret_files.advise, {"image": image([file("etc/pip.conf")], []), "below": 1, "files": {}}),
    (secret_settings.advise, {"config": {"Env": ["GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305"]}}),
    (secret_settings.advise, {"config": {"Env": ["TOKEN="]}}),
    (secret_settings.advise, {"history": ("RUN |1 VERSION=1.2 /bin/sh -c make # buildkit",)}),
    (health_check.advise, {"config": {}, "ran": Ran(ending="ended with exit code 0")}),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((), True, (1,), (0, 1)))}),
    (health_check.advise, {"config": WEB, "ran": Ran(health=Health((), True, ()))}),
    (health_check.advise, {"config": WEB, "ran": Ran(ending="ended with exit code 1", health=None)}),
    (ports.advise, {"config": {"ExposedPorts": {"8000/tcp": {}}}, "ran": HEARD}),
    (ports.advise, {"ran": Ran(listeners=(Listener("127.0.0.1", 9), Listener("::", 8000)))}),
    (root.advise, {"image": image([]), "config": {"User": "10001"}}),
    (
        root.advise,
        {"image": image([]), "config": {"User": ""}, "ran": Ran(processes=(process(1, "app", 999),))},
    ),
    (stop.advise, {"ran": Ran(stop=Stop(False, 0.2))}),
    (stop.advise, {"ran": Ran(ending="ended with exit code 0")}),
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


def name(case: tuple[Any, ...]) -> str:
    return str(case[0].__module__.rpartition(".")[2])


@pytest.mark.parametrize("case", CATCHES, ids=name)
def test_it_catches(case: tuple[Adviser, dict[str, Any], list[str]]) -> None:
    advise, seen, wanted = case
    found = list(advise(replace(SEEN, **seen)))
    assert [f"{one.id} {one.severity}" for one in found] == wanted
    for one in found:
        assert one.title
        assert one.message
        assert one.next
        assert one.severity is Severity.HINT or one.evidence or one.line or one.message


@pytest.mark.parametrize("case", CATCHES_NOT, ids=name)
def test_it_leaves_alone(case: tuple[Adviser, dict[str, Any]]) -> None:
    advise, seen = case
    assert list(advise(replace(SEEN, **seen))) == []


@pytest.mark.parametrize("adviser", every.ALL, ids=lambda one: one.__module__.rpartition(".")[2])
def test_nothing_seen_is_no_advice(adviser: Adviser) -> None:
    assert list(adviser(Seen())) == []


def test_every_adviser_is_listed() -> None:
    folder = Path(every.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {one.__module__.rpartition(".")[2] for one in every.ALL} == files


def test_a_lesson_that_is_named_is_there() -> None:
    links = {one.lesson for advise, seen, _ in CATCHES for one in advise(replace(SEEN, **seen)) if one.lesson}
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
