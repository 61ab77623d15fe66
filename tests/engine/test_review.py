"""Reviews of whole projects on a real engine: what must be said, what must not, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import docker
import pytest
from click.testing import CliRunner

from checkers.attempt import PROCESS
from checkers.folder import tree
from checkers.review import Asked, Review, Severity, render, review
from course.cli import cli
from course.engine.listing import list_images
from course.errors import InputError
from tests.engine import projects
from tests.engine.base_images import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
SERIOUS, ADVICE = Severity.SERIOUS, Severity.ADVICE

# project → advice that must be there, with its line; nothing else that is serious or advice
PROJECTS = {
    "flask": (
        projects.FLASK_SHOP,
        {
            ("secret-in-image", 4),
            ("secret-in-settings", 2),
            ("health-broken", 7),
            ("root", 8),
            ("killed", 8),
            ("edit-reinstalls", 5),
            ("context-junk", 4),
        },
    ),
    "node": (
        projects.NODE_BOARD,
        {("health-blind", 12), ("root", 13), ("edit-reinstalls", 4), ("dev-packages", 9)},
    ),
    "static tool": (projects.STATIC_TOOL, set()),
    "good": (projects.GOOD_SERVICE, set()),
    "compose": (
        projects.COMPOSE_SHOP,
        {
            ("compose-host", 20),
            ("compose-host", 22),
            ("compose-secret", 7),
            ("compose-secret", 17),
            ("compose-published", 15),
            ("compose-start-order", 10),
            ("compose-volume", 13),
            ("compose-latest", 13),
        },
    ),
}


def left(client: docker.DockerClient) -> set[str]:
    """What reviews of this process have made and not removed."""
    label = {"label": f"{PROCESS}={os.getpid()}"}
    return {
        *(str(one.name) for one in client.containers.list(all=True, filters=label, ignore_removed=True)),
        *(str(one.name) for one in client.networks.list(filters=label)),
        *(str(one["RepoTags"]) for one in list_images(client.api, filters=label) if one["RepoTags"]),
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    files, wanted = PROJECTS[name]
    folder = projects.write(tmp_path / "shop", files)
    before = tree(folder)
    found = review(folder, client=client)
    assert found.done, found.advice
    told = {(one.id, one.line) for one in found.advice if one.severity in {SERIOUS, ADVICE}}
    assert told == wanted, render.text(found)
    assert tree(folder) == before, "nothing is written into the project"
    assert left(client) == set()
    said = json.dumps(found.to_json()) + render.page(found) + render.text(found)
    assert projects.PASSWORD not in said
    assert projects.KEY not in said
    if files is projects.STATIC_TOOL:
        assert any("ended with exit code 0" in one for one in found.unseen)


def build(tmp_path: Path, text: str, *, asked: Asked | None = None, **files: str) -> Review:
    all_files: Mapping[str, str] = {(asked or Asked()).dockerfile: text, **files}
    return review(projects.write(tmp_path / "app", all_files), asked or Asked(run=False))


def ids(found: Review) -> list[str]:
    return [one.id for one in found.advice]


def test_a_failed_build_is_advice_in_its_own_words(tmp_path: Path) -> None:
    found = build(tmp_path, "FROM busybox:1.37\nRUN echo the reason; exit 3\n", **{".env": "TOKEN=9s8d7f98s"})
    first = found.advice[0]
    assert (found.done, first.id, first.severity, first.line) == (False, "builds", SERIOUS, 2)
    assert "exit code 3" in first.message
    assert "the reason" in first.evidence
    assert "secret-in-context" in ids(found), "what can be known without the image is told all the same"


def test_the_options_reach_the_build_and_the_container(tmp_path: Path) -> None:
    text = (
        "FROM busybox:1.37 AS prod\nARG WHO\nRUN test $WHO = me\n"
        'USER 7\nCMD ["sh", "-c", "test $MODE = on && exec sleep 60"]\nFROM prod\nRUN exit 9\n'
    )
    asked = Asked("deploy/Dockerfile", "prod", {"WHO": "me"}, {"MODE": "on"})
    found = build(tmp_path, text, asked=asked)
    assert found.done, found.advice
    assert found.dockerfile == "deploy/Dockerfile"
    assert "killed" in ids(found), "it ran on, and sleep as process 1 has no handler"
    assert "root" not in ids(found)


def test_a_frontend_that_no_registry_gives(tmp_path: Path) -> None:
    text = "# syntax=registry.invalid/docker/dockerfile:1\nFROM busybox:1.37\nCOPY app.py .\nRUN true\n"
    found = build(tmp_path, text, **{"app.py": "1\n"})
    assert found.done, found.advice
    assert found.edited == "app.py"
    assert "line 3" in found.story


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("AKIAIOSFODNN7EXAMPLE")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/link.py").symlink_to(tmp_path / "secret")
    found = build(tmp_path, "FROM busybox:1.37\nCOPY . /app\nUSER 7\n")
    assert found.done, found.advice
    assert "secret" not in " ".join(ids(found))
    (tmp_path / "app/Dockerfile").unlink()
    (tmp_path / "app/Dockerfile").symlink_to(tmp_path / "secret")
    found = review(tmp_path / "app")
    assert (found.done, ids(found)) == (False, ["builds"])
    assert "AKIA" not in json.dumps(found.to_json())


def test_a_compose_file_that_compose_refuses(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: a\n    colour: red\n")
    found = review(tmp_path)
    assert (found.done, ids(found)) == (False, ["compose-refused"])
    assert "colour" in found.advice[0].evidence


def test_nothing_to_review(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Dockerfile"):
        review(tmp_path)
    with pytest.raises(InputError, match=r"no prod\.Dockerfile"):
        review(tmp_path, Asked("prod.Dockerfile"))


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("FROM busybox:1.37\nENV TOKEN=9s8d7f98s\nUSER 7\n", [], 0),
        ("FROM busybox:1.37\nENV TOKEN=9s8d7f98s\nUSER 7\n", ["--strict"], 1),
        ("FROM busybox:1.37\nUSER 7\n", ["--strict"], 0),
        ("FROM busybox:1.37\nRUN false\n", [], 2),
    ],
)
def test_the_exit_codes(tmp_path: Path, text: str, options: list[str], code: int) -> None:
    folder = projects.write(tmp_path / "app", {"Dockerfile": text})
    page = tmp_path / "page.html"
    arguments = ["review", str(folder), "--no-run", "--json", "--html", str(page), *options]
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.return_value == code, done.output
    assert json.loads(done.stdout)["done"] is (code != 2)
    assert "<h1>Review of app</h1>" in page.read_text()


def test_ctrl_c_leaves_nothing(client: docker.DockerClient, tmp_path: Path) -> None:
    folder = projects.write(
        tmp_path / "app", {"Dockerfile": 'FROM busybox:1.37\nRUN sleep 100\nCMD ["true"]\n'}
    )
    command = [sys.executable, "-c", "from course.cli import main; main()", "review", str(folder)]
    process = subprocess.Popen(command, text=True, stderr=subprocess.PIPE)
    label = {"label": f"{PROCESS}={process.pid}"}
    try:
        until(lambda: bool(client.api.containers(filters=label)), "the review builds", seconds=60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, err
    assert "what the review had made is removed" in err
    assert client.api.containers(all=True, filters=label) == []
    assert client.api.networks(filters=label) == []
