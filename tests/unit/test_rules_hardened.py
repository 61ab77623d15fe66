"""What a Compose project says of a service beyond its image: each rule catches, and lets pass."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checkers.attempt import Attempt
from checkers.projects import guest_book
from checkers.rules import compose_hardened as hardened
from checkers.rules.base import Outcome, Rule

SERVICES = """services:
  app:
    build: .
"""


def said(rule: Rule, folder: Path, monkeypatch: pytest.MonkeyPatch, **app: Any) -> Outcome:
    """What the rule says of a project whose one service is `app`."""
    (folder / "compose.yaml").write_text(SERVICES)
    monkeypatch.setattr(hardened, "prepared", lambda attempt: ({"services": {"app": app}}, {}))
    return rule.check(cast("Attempt", SimpleNamespace(folder=folder)))


@pytest.mark.parametrize("asked", ["no-new-privileges:true", "no-new-privileges=true", "no-new-privileges"])
def test_no_way_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    options = ["label:type:container_t", asked]
    assert said(hardened.no_new_privileges("app"), tmp_path, monkeypatch, security_opt=options).right


@pytest.mark.parametrize("asked", [None, [], ["no-new-privileges:false"], ["label:disable"]])
def test_a_way_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str] | None) -> None:
    seen = said(hardened.no_new_privileges("app"), tmp_path, monkeypatch, security_opt=asked)
    assert (seen.right, seen.file, seen.line) == (False, "compose.yaml", 2)


@pytest.mark.parametrize(
    "app", [{"mem_limit": "1024"}, {"deploy": {"resources": {"limits": {"memory": "134217728"}}}}]
)
def test_a_limit_of_either_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: dict[str, Any]
) -> None:
    assert said(hardened.memory_limits("app"), tmp_path, monkeypatch, **app).right


@pytest.mark.parametrize(
    "app",
    [{}, {"mem_limit": "0"}, {"deploy": {"resources": {"limits": {"cpus": 1}}}}, {"memswap_limit": "1"}],
)
def test_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: dict[str, Any]) -> None:
    assert (
        "app may take all memory" in said(hardened.memory_limits("app"), tmp_path, monkeypatch, **app).message
    )


def test_a_service_without_a_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = hardened.memory_limits("app", "db")
    assert "db may take" in said(rule, tmp_path, monkeypatch, mem_limit="64").message


def test_every_attempt_has_a_package_and_a_password_of_its_own() -> None:
    one, other = guest_book.files("0000000a"), guest_book.files("0000000b")
    assert one["requirements.txt"] == b"tea-labels==1.10\n"
    assert "packages/tea_labels-1.10.tar.gz" in one
    assert one["password.txt"] != other["password.txt"]
    assert not {"compose.yaml", "Dockerfile", ".dockerignore"} & one.keys(), "these are the learner's"
    assert guest_book.junk("0000000a")["password.txt"] == one["password.txt"]
