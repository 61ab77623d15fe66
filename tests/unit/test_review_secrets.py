"""What looks like a secret and what doesn't; which file is edited; what a COPY takes; which base counts."""

from __future__ import annotations

import base64
import random

import pytest

from checkers.review import edit, reading, secrets
from checkers.review.seen import Sent

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"
FOUND = [
    (".env", b"A=1\nDB_PASSWORD=hunter22x\n", "DB_PASSWORD", 2),
    ("deploy/prod.env", b"export DATABASE_URL='postgres://u:s8d7f6@db/x'", "DATABASE_URL", 1),
    (".env.production", b"SEED=b7f3a91c5e2d48f6a0c9e8d7b6a5f4e3", "SEED", 1),
    ("certs/server.pem", KEY, "a private key", 1),
    ("id_ed25519", b"whatever", "a key, by its name", None),
    (".npmrc", b"\n//registry.npmjs.org/:_authToken=abcdef", "a password or token", 2),
    (".aws/credentials", b"aws_secret_access_key = abc", "a password or token", 1),
    (".git/config", b"[remote]\nurl = https://me:tok@example.org/x.git", "a password or token", 2),
    ("app.py", b"KEY = 'AKIAIOSFODNN7EXAMPLE'", "an AWS access key", 1),
    ("settings.py", b"x\ny\ntoken = 'ghp_" + b"a1B2" * 9 + b"'", "a GitHub token", 3),
]
NOT_FOUND = [
    (".env", b"DEBUG=1\nPORT=8000\nHOST=0.0.0.0\n"),
    (".env", b"# DB_PASSWORD=hunter22x\nDB_PASSWORD=\n"),
    (".env", b"DB_PASSWORD=${FROM_OUTSIDE}\nTOKEN=changeme\n"),
    (".env", b"DB_PASSWORD_FILE=/run/secrets/db\nCLIENT_ID=12345\nPUBLIC_KEY=abcdefgh\n"),
    (".env.example", b"DB_PASSWORD=hunter22x\n"),
    (".npmrc", b"//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"),
    ("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n"),
    ("config.json", b'{"auth": "basic-login"}'),
    ("config", b"url = https://example.org/x.git"),
    ("package-lock.json", b'"integrity": "sha512-9uHxBkFbJhTqTmTt7wqJyYv0sE4m2lq=="'),
    ("app.py", b"password = os.environ['DB_PASSWORD']"),
]


@pytest.mark.parametrize(("path", "content", "what", "line"), FOUND)
def test_a_secret_is_found(path: str, content: bytes, what: str, line: int | None) -> None:
    assert secrets.Found(path, what, line) in secrets.scan(path, content)


@pytest.mark.parametrize(("path", "content"), NOT_FOUND)
def test_no_secret_is_found(path: str, content: bytes) -> None:
    assert secrets.scan(path, content) == ()


def test_random_values_look_random_and_words_do_not() -> None:
    drawn = random.Random(4)
    for _ in range(200):
        value = base64.b64encode(drawn.randbytes(24)).decode().lstrip("/")
        assert secrets.suspicious("SEED", value), value
    for value in ("production-cluster-two", "2024-01-01T00:00:00", "/usr/local/share/app1", "a" * 40):
        assert not secrets.suspicious("SEED", value), value


@pytest.mark.parametrize("length", [0, 3, 8, 9, 40])
def test_a_masked_value_cannot_be_used(length: int) -> None:
    value = "abcdefghij"[:length].ljust(length, "z")
    shown = secrets.masked(value)
    assert str(length) in shown
    assert not value or value not in shown


def test_the_heart_of_the_app_is_edited() -> None:
    def chosen(*paths: str, copied: int | None = 3) -> str:
        return edit.choose({path: Sent(9, copied) for path in paths})

    assert chosen("README.md", "setup.py", "shop/views.py", "shop/models.py") == "shop/views.py"
    assert (
        chosen("src/server.js", "src/season.js", "vite.config.js", "node_modules/a/index.js")
        == "src/server.js"
    )
    assert chosen("cmd/tool/main.go", "tests/app.py") == "cmd/tool/main.go"
    assert chosen("Dockerfile", "data.csv") == ""
    assert chosen("app.py", copied=None) == "", "an edit of what is not copied changes nothing"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("a.py", b"x\n# an edit w\n"), ("a.GO", b"x\n// an edit w\n"), ("a.html", b"x\n<!-- an edit w -->\n")],
)
def test_an_edit_is_a_comment(path: str, wanted: bytes) -> None:
    assert edit.edit(path, b"x", "w") == edit.edit(path, b"x\n", "w") == wanted


def test_what_a_copy_takes() -> None:
    text = "FROM a\nCOPY req.txt src/ /x/\nCOPY --from=a /y /y\nRUN --mount=type=bind,target=. make\n"
    assert reading.copied(text, ["req.txt", "src/a.py"]) == {"req.txt": 2, "src/a.py": 2}
    assert reading.copied(text, ["other"]) == {"other": 4}
    assert reading.copied("FROM a\nCOPY b /b\n", ["c"]) == {}


BASES = """\
ARG VERSION=3.13
ARG TAG
FROM python:${VERSION}-slim AS base
FROM base AS build
FROM node:${TAG:-20} AS web
FROM --platform=linux/amd64 base
COPY --from=web /a /a
"""


def test_the_bases_are_those_that_FROM_names() -> None:  # noqa: N802  Docker's word
    def names(**args: str) -> list[tuple[str, int]]:
        return [(one.name, one.line) for one in reading.bases(BASES, args)]

    assert names() == [("python:3.13-slim", 3), ("node:20", 5)]
    assert names(VERSION="3.12", TAG="22") == [("python:3.12-slim", 3), ("node:22", 5)]
    assert reading.bases("FROM scratch\nCOPY a /\n", {}) == ()


def test_the_final_base_is_found_through_the_stages() -> None:
    assert reading.final_base(BASES, {}, "") == "python:3.13-slim"
    assert reading.final_base(BASES, {}, "web") == "node:20"
    assert reading.final_base(BASES, {}, "build") == "python:3.13-slim"
    assert reading.final_base("FROM a AS b\nFROM scratch\n", {}, "") == ""
    # a stage that is named as its own base
    assert reading.final_base("FROM nginx AS nginx\n", {}, "") == "nginx"
    assert [one.name for one in reading.bases("FROM nginx AS nginx\n", {})] == ["nginx"]
