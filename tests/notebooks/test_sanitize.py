"""The sanitize file takes out what differs from run to run, and leaves every result that could be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

PATTERNS = dict(get_sanitize_patterns((Path(__file__).parent / "sanitize.cfg").read_text(encoding="utf-8")))
ID = "0f" * 32


def sanitized(text: str) -> str:
    for pattern, replacement in PATTERNS.items():
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"GET /containers/{ID}/json", f"GET /containers/{'a1' * 32}/json"),
        ("GET /containers/08ea13707328/json", "GET /containers/98ea1370732f/json"),
        ("http+docker://localhost/v1.51/x", "http+docker://localhost/v1.54/x"),
        ("first-image-0a1b2c", "first-image-ffffff"),
        ("GET /networks/shop-0a1b2c_default", "GET /networks/shop-ffffff_default"),
        ('<td class="num">12.3</td>', '<td class="num">4.0</td>'),
        ('<td class="num">837 B</td>', '<td class="num">1.9 kB</td>'),
        (
            "3 Engine API calls, 120 B to the engine, 1.9 kB back",
            "3 Engine API calls, 1 B to the engine, 2 B back",
        ),
        (
            "No gVisor here. Else dmesg in a container, under --runtime runsc, says: Starting gVisor...",
            "gVisor's own messages: True",
        ),
        (
            "\n8080: no IPVS in this kernel, so no routing mesh. Else: version 1 on two, three times.\n",
            "\nversion 1 on two\nversion 1 on two\nversion 1 on two\n\n",
        ),
    ],
)
def test_what_differs_from_run_to_run_is_taken_out(one: str, other: str) -> None:
    assert one != other
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exit code 137", "exit code 0"),
        ("layers on top: 1", "layers on top: 2"),
        ("differs: True", "differs: False"),
        ("3 Engine API calls, 1 B to the engine", "4 Engine API calls, 1 B to the engine"),
        ("<td>200</td>", "<td>404</td>"),
        ("POST /containers/08ea13707328/start", "POST /containers/08ea13707328/stop"),
        ("b'kept\\n'", "b'lost\\n'"),
        ("limit of 64 MiB", "limit of 32 MiB"),
        ("first-image-0a1b2c", "second-image-0a1b2c"),
        ("shop-0a1b2c_front", "shop-0a1b2c_back"),
        ("glibc", "musl"),
        ("sha256", "sha512"),
        ("python:3.13-slim", "python:3.12-slim"),
        ("gVisor's own messages: True", "gVisor's own messages: False"),
        ("version 1 on two\nversion 1 on two\nversion 1 on two\n", "two: nothing\nversion 1 on two\n"),
    ],
)
def test_a_result_is_never_taken_out(one: str, other: str) -> None:
    assert sanitized(one) != sanitized(other)
