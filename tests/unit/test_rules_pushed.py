"""What is said of a push and a deployment, by what the check has seen. The scripts themselves: the bank."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

import pytest

from checkers.attempt import Attempt
from checkers.follow import follow
from checkers.result import CheckResult, Status
from checkers.rules import pushed
from checkers.rules.pushed import Goods, Story
from checkers.runner import apply
from checkers.session import Ended

RULES = pushed.rules("base:1", "menu:1.4", "publish.sh", "deploy.sh", "menu", ("/board", '["cat"]'))
GOOD, OTHER = Goods("menu:1.4", ("base", "good"), "good soup"), Goods("other:1", ("base", "other"), "x")
SILENT = Goods("third:1", ("base", "good", "more"), "")


class Box:
    """A container, as far as the rules ask."""

    def __init__(self, goods: Goods, *, runs: bool = True) -> None:
        self._goods, self._runs = goods, runs

    def state(self) -> dict[str, Any]:
        return {"Running": self._runs}

    def inspect(self) -> dict[str, Any]:
        return {"Image": self._goods.name}

    def ending(self) -> str:
        return "ended with exit code 0"

    def logs(self) -> str:
        return self._goods.words

    def until(self, seen: Any, seconds: float) -> bool:
        return bool(seen())


class Images:
    """The engine's images: their layers by name."""

    def get(self, name: str) -> Any:
        layers = {one.name: one.layers for one in (GOOD, OTHER, SILENT)}[name]
        return type("Image", (), {"attrs": {"RootFS": {"Layers": list(layers)}}})


FINE = Story(
    GOOD, OTHER, Ended(0, ""), ("kiosk/menu:1.4",), ("kiosk/menu:1.4",), Ended(0, ""), cast("Any", Box(GOOD))
)


def checks(tmp_path: Path, **seen: Any) -> list[CheckResult]:
    """What the rules say of a story like FINE, but for `seen`."""
    attempt = Attempt(cast("Any", type("Client", (), {"images": Images()})), tmp_path)
    attempt._shared["rule: a push"] = dataclasses.replace(FINE, **seen)
    return list(follow(list(RULES), attempt, apply))


def test_it_catches_nothing_where_the_published_image_runs(tmp_path: Path) -> None:
    assert [one.status for one in checks(tmp_path)] == [Status.PASS] * 3


@pytest.mark.parametrize(
    ("seen", "check", "words", "code"),
    [
        ({"publish": Ended(1, "denied")}, "pushes", "exit code 1", None),
        ({"seen": (), "pushed": ()}, "pushes", "no image in the registry", None),
        ({"pushed": ()}, "pushes", "isn't menu:1.4", None),
        ({"deploy": Ended(125, "manifest unknown")}, "deploys", "exit code 125", None),
        ({"box": None}, "deploys", "no container menu", None),
        ({"box": Box(GOOD, runs=False)}, "deploys", "ended with exit code 0", "M09"),
        ({"box": Box(OTHER)}, "same", "another image than publish.sh has published", None),
        ({"box": Box(SILENT)}, "same", "doesn't do what menu:1.4 does", None),
        ({"box": Box(dataclasses.replace(GOOD, words=""))}, "same", "doesn't do what", None),
    ],
)
def test_it_catches(tmp_path: Path, seen: dict[str, Any], check: str, words: str, code: str | None) -> None:
    failed = next(one for one in checks(tmp_path, **seen) if one.status is not Status.PASS)
    assert (failed.id, failed.status, failed.misconception) == (check, Status.FAIL, code)
    assert words in failed.message
    assert failed.hint
