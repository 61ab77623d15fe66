"""The walls of the house: which module may import which, and the lists that must agree with one another."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.version import Version

from course import errors
from course.cli import cli

ROOT = Path(__file__).resolve().parents[2]

# Who may import whom inside the two packages. A name stands for the module or folder of that name.
COURSE: dict[str, set[str]] = {
    "errors": set(),
    "amounts": set(),
    "markup": set(),
    "paths": set(),
    "database": set(),
    "steps": set(),
    "dockerfile": {"errors"},
    "layers": {"errors"},
    "trace": {"errors", "dockerfile"},  # why a step ran again is read off the two Dockerfiles
    "engine": {"errors", "paths", "steps", "database"},
    "archive": {"errors", "paths", "steps", "dockerfile", "layers", "engine"},
    "build": {"errors", "amounts", "paths", "steps", "trace", "engine", "dockerfile"},
    "images": {"errors", "paths", "steps", "build", "engine"},
    "misconceptions": {"errors"},
    "exercises": {"errors", "paths", "misconceptions"},
    "hints": {"errors", "exercises", "progress", "misconceptions"},
    "progress": {"errors", "paths", "database"},
    "chapters": {"errors", "paths"},
    "demo": {"errors", "chapters", "paths"},
    "cheatsheet": {"errors", "steps", "engine"},
    "standing": {"errors", "chapters", "exercises", "progress"},
    "snapshots": {"errors", "exercises"},
    "editing": {"errors", "snapshots"},
    "attempts": {"errors", "exercises", "progress", "snapshots"},
    "networks": {"errors", "engine"},  # which containers reach which is asked of the engine, and tried
    "mounts": {"errors"},
    "capabilities": {"errors"},
    "inventory": {"errors", "archive", "layers"},
    "registries": {"errors"},
    "compose": {"errors"},
    "swarm": {"errors", "engine"},
    # mounts asks the engine itself; compose reads what Compose and the engine have said
    "plots": {
        "errors",
        "layers",
        "trace",
        "networks",
        "mounts",
        "compose",
        "capabilities",
        "registries",
        "swarm",
    },
    # a widget's static form is a figure
    "widgets": {
        "errors",
        "paths",
        "dockerfile",
        "layers",
        "trace",
        "networks",
        "plots",
        "exercises",
        "editing",
        "snapshots",
        "progress",
        "standing",
        "amounts",
        "markup",
        "tape_view",
    },
    "tape_view": {"amounts", "engine"},
    "prepare": {"errors", "steps", "engine", "images"},
    "lab": {"errors", "paths", "engine"},
    "doctor": {"errors", "paths", "steps", "engine", "images"},
}
FACES = {"cli", "notebook"}  # may import everything; nothing imports them
CHECKERS = {
    "errors", "amounts", "paths", "steps", "dockerfile", "layers", "trace", "engine", "archive", "build",
    "images", "exercises", "misconceptions", "registries", "markup",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    """The dotted names of this project's modules that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            if node.module in {"course", "checkers"}:
                found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.split(".")[0] in {"course", "checkers"} and "." in name}


def parts(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", parts("course"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_of_the_course_point_down(path: Path) -> None:
    owner = path.relative_to(ROOT / "course").parts[0].removesuffix(".py")
    if owner in FACES | {"__init__"}:
        return
    assert owner in COURSE, f"course/{owner} has no row in the table of imports (this test, CONTRIBUTING)"
    for name in imported(path):
        package, part = name.split(".")[:2]
        assert package == "course", f"{path.name} imports {name}: the course knows nothing of its checkers"
        assert part in COURSE[owner] | {owner}, f"course/{owner} may not import {name}"


@pytest.mark.parametrize("path", parts("checkers"), ids=lambda path: str(path.relative_to(ROOT)))
def test_checkers_import_no_faces(path: Path) -> None:
    for name in imported(path):
        package, part = name.split(".")[:2]
        assert package == "checkers" or part in CHECKERS, f"{path.name} may not import {name}"


def test_the_error_tree_is_the_one_in_the_docstring() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:\s|$)", line)
        if match and (match[1] or match[2] == "CourseError"):
            drawn.append((len(match[1]) // 4, match[2]))
    parents: dict[str, str] = {}
    path: list[str] = []
    for depth, name in drawn:
        path[depth:] = [name]
        parents[name] = path[depth - 1] if depth else "Exception"
    real = {
        name: kind.__base__.__name__
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__base__ is not None
    }
    assert parents == real


def requirements() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {found.name: found for found in map(Requirement, project["dependencies"])}


def test_environment_yml_names_the_same_dependencies() -> None:
    conda_name = {"docker": "docker-py", "isal": "python-isal", "xxhash": "python-xxhash"}
    wanted = {f"{conda_name.get(name, name)}{found.specifier}" for name, found in requirements().items()}
    lines = (ROOT / "environment.yml").read_text().splitlines()
    listed = {line.strip().removeprefix("- ") for line in lines if line.startswith("  - ")}
    assert listed - {"conda-forge", "pip", "pip:", "python>=3.11"} == wanted


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_hold_what_pyproject_asks_for_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))
    for wanted in requirements().values():
        assert wanted.specifier.contains(Version(pinned[wanted.name])), f"{name} is older than pyproject.toml"
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def commands() -> list[str]:
    return cli.list_commands(click.Context(cli))


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_examples(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"course {name}" in result.output


def test_an_unknown_command_is_named() -> None:
    result = CliRunner().invoke(cli, ["chek"])
    assert result.exit_code == 2
    assert "chek" in result.output


@pytest.mark.parametrize(
    "path", [*parts("course"), *parts("checkers")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_modules_are_small_and_documented(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 330, "a module of more than ~300 lines holds two things"
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"


def test_nothing_is_imported_that_cannot_be() -> None:
    for path in [*parts("course"), *parts("checkers")]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name != "course.__main__":
            importlib.import_module(name)
