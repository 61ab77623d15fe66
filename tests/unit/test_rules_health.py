"""What the rules on health checks make of a config and of results. What checks really do is in the bank."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.rules.health import (
    Result,
    hopeless,
    judge_config,
    missed,
    never_healthy,
    noticed,
    results,
    status,
)

SECOND = 1_000_000_000
TEST = ["CMD-SHELL", "wget -q http://localhost/"]


def config(**seconds: int) -> dict[str, Any]:
    return {"Test": TEST} | {
        name: value if name == "Retries" else value * SECOND for name, value in seconds.items()
    }


@pytest.mark.parametrize(
    "given",
    [
        config(),
        config(Interval=10, Timeout=3),
        config(Interval=30, Timeout=30, Retries=3),
        config(Interval=90, Timeout=30, Retries=1),
        config(Interval=45, Timeout=5, StartPeriod=3600),
    ],
)
def test_in_time(given: dict[str, Any]) -> None:
    assert judge_config(given).right


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "no health check"),
        ({"Test": ["NONE"]}, "no health check"),
        ({"Test": []}, "no health check"),
        (config(Interval=3600), "after 10890 s"),
        (config(Timeout=31), "after 183 s"),
        (config(Retries=4), "after 240 s"),
    ],
)
def test_absent_or_too_late(given: dict[str, Any], words: str) -> None:
    found = judge_config(given)
    assert (found.right, words in found.message) == (False, True), found.message


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("/bin/sh: curl: not found", "no curl in"),
        ("/bin/sh: 1: curl: not found", "no curl in"),
        (
            "OCI runtime exec failed: exec failed: unable to start container process: "
            'exec: "curl": executable file not found in $PATH: unknown',
            "no curl in",
        ),
        ('exec: "/app/check.sh": stat /app/check.sh: no such file or directory', "no /app/check.sh in"),
        ("wget: server returned error: HTTP/1.1 404 Not Found", "fails each time"),
        ("wget: can't connect to remote host (127.0.0.1): Connection refused", "fails each time"),
        ("", "fails each time"),
        ("Health check exceeded timeout (10s)", "longer than 10 s"),
    ],
)  # fmt: skip
def test_why_a_check_fails(output: str, words: str) -> None:
    found = never_healthy([Result("1", 0, ""), Result("2", 1, output)])
    assert (found.right, words in found.message) == (False, True), found.message


def test_without_results() -> None:
    assert "come to an end" in never_healthy([]).message
    assert "come to an end" in missed([], "").message


def test_a_check_that_cannot_fail() -> None:
    found = missed([Result("1", 0, "checked")], "Does it ask?")
    assert (found.right, found.hint.startswith("Does it ask?")) == (False, True)
    assert "checked" in found.evidence


def test_reads_the_engines_record() -> None:
    log = [{"Start": "a", "ExitCode": 0, "Output": "ok"}, {"Start": "b", "ExitCode": -1}]
    state = {"Running": True, "Health": {"Status": "healthy", "Log": log}}
    assert results(state) == [Result("a", 0, "ok"), Result("b", -1, "")]
    assert (status(state), status({"Running": True}), results({"Running": True})) == ("healthy", "", [])
    assert noticed({one.start: one for one in results(state)})
    assert not noticed({"a": Result("a", 0, "")})


@pytest.mark.parametrize(
    ("found", "sure"),
    [
        ([], False),
        ([(1, "refused")] * 4, False),
        ([(1, "refused")] * 5, True),
        ([(1, "refused")] * 4 + [(0, "ok")], False),
        ([(-1, "Health check exceeded timeout (10s)")], True),
    ],
)
def test_when_waiting_has_no_sense(found: list[tuple[int, str]], sure: bool) -> None:
    new = {str(number): Result(str(number), code, said) for number, (code, said) in enumerate(found)}
    assert hopeless(new) == sure
