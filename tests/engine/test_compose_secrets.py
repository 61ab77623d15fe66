"""A project's password is found wherever the engine, an image or Compose shows it, and nowhere else."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import docker
import pytest

from checkers.attempt import Attempt
from checkers.canary.secret import for_word
from checkers.compose import postgres
from checkers.compose.project import standing
from checkers.result import Status
from checkers.rules.compose_secrets import compose_secrets, password_used
from checkers.runner import apply
from tests.engine.base_images import BUSYBOX, POSTGRES, need
from tests.engine.compose_projects import project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
SECRETS = compose_secrets(BUSYBOX)
IN_FILE = "services: {web: {build: ., secrets: [pw]%s}}\nsecrets: {pw: {file: ./pw}}"
# A service's keys beside its secret, or a whole project; the check that says so; its words; the misconception
PLACES: dict[str, tuple[str, str, str, str | None]] = {
    "a variable": (IN_FILE % ", environment: {A: CANARY}", "settings", "inspect shows of web (Env)", "M07"),
    "encoded": (IN_FILE % ", environment: {A: BASE64}", "settings", "inspect shows of web (Env)", "M07"),
    "a label": (IN_FILE % ", labels: {a.b: CANARY}", "settings", "(Labels, a.b)", "M07"),
    "the command": (
        IN_FILE % ", command: [sh, -c, 'true CANARY; exec httpd -f -p 8000']",
        "settings",
        "inspect shows of web (Cmd)",
        None,
    ),
    "a label's name": (
        IN_FILE % ", labels: {x-CANARY: here}",
        "settings",
        "inspect shows of web (Labels",
        "M07",
    ),
    "a program's arguments": (
        IN_FILE % ", init: true, command: sh -c 'sh -c \"sleep 99; true\" $$(cat /run/secrets/pw)'",
        "settings",
        "docker top shows of web",
        None,
    ),
    "the project": (
        IN_FILE % ", configs: [c]" + "\nconfigs: {c: {content: CANARY}}",
        "settings",
        "docker compose config (configs.c.content)",
        None,
    ),
    "the log": (
        IN_FILE % ", command: sh -c 'rev /run/secrets/pw; echo; exec httpd -f -p 8000 -h /www'",
        "log",
        "the log of web",
        None,
    ),
    "the image's history": (
        "services: {web: {build: {context: ., dockerfile: other.Dockerfile, args: {A: CANARY}}}}",
        "image",
        "history",
        "M07",
    ),
    "a file of the image": (
        'services: {web: {build: {context: ., dockerfile_inline: "FROM busybox:1.37\\nCOPY pw /\\n'
        'CMD httpd -f -p 8000"}}}',
        "image",
        "/pw",
        None,
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_password_is_found(client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    need(client, BUSYBOX)
    compose, check, words, misconception = PLACES[name]
    other = "FROM busybox:1.37\nARG A\nRUN true $A\nCMD httpd -f -p 8000\n"
    with Attempt(client, project(tmp_path, compose, pw="", **{"other.Dockerfile": other})) as attempt:
        canary = for_word(attempt.word).value
        (attempt.folder / "pw").write_text(canary)
        file = attempt.folder / "compose.yaml"
        text = file.read_text().replace("BASE64", b64encode(canary.encode()).decode())
        file.write_text(text.replace("CANARY", canary))
        if check != "image":
            side = standing(attempt).side("web")
            side.neighbour.until(lambda: bool(side.neighbour.logs()) or check != "log", 20.0)
        done = {rule.id: apply(rule, attempt) for rule in SECRETS}
    assert {one for one in done if done[one].status is Status.FAIL} >= {check}
    found = done[check]
    assert words in found.message + found.evidence
    assert found.misconception == misconception
    assert found.hint
    assert canary not in "".join(f"{one.message}{one.evidence}" for one in done.values())


def test_a_password_in_a_file_alone_is_found_nowhere(client: docker.DockerClient, tmp_path: Path) -> None:
    need(client, BUSYBOX)
    with Attempt(client, project(tmp_path, IN_FILE % "", pw="")) as attempt:
        (attempt.folder / "pw").write_text(for_word(attempt.word).value)
        assert standing(attempt).side("web").first_answer(8000, "/cgi-bin/echo?hello", 20.0).status == 200
        for rule in SECRETS:
            done = apply(rule, attempt)
            assert done.status is Status.PASS, f"{done.message}\n{done.evidence}"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("POSTGRES_PASSWORD_FILE: /run/secrets/pw", ""),
        ("POSTGRES_PASSWORD: another", "doesn't take the password"),
        ("{POSTGRES_PASSWORD_FILE: /run/secrets/pw, POSTGRES_HOST_AUTH_METHOD: trust}", "lets everybody in"),
    ],
)
def test_a_database_goes_by_the_file(
    client: docker.DockerClient, tmp_path: Path, settings: str, words: str
) -> None:
    need(client, BUSYBOX, POSTGRES)
    compose = f"""
        services:
          db:
            image: postgres:17
            environment: {settings if settings[0] == "{" else f"{{{settings}}}"}
            secrets: [pw]
          web:
            image: busybox:1.37
            command: "true"
            depends_on: {{db: {{condition: service_healthy}}}}
        secrets: {{pw: {{file: ./pw}}}}
    """
    healthy = "healthcheck: {test: pg_isready -h 127.0.0.1, interval: 1s, retries: 60}\n            secrets:"
    with Attempt(client, project(tmp_path, compose.replace("secrets: [", f"{healthy} [", 1))) as attempt:
        (attempt.folder / "pw").write_text(for_word(attempt.word).value)
        done = apply(password_used(postgres.knock("db"), "pw"), attempt)
    assert done.status is (Status.FAIL if words else Status.PASS), f"{done.message}\n{done.evidence}"
    assert words in done.message
