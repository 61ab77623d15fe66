"""The options of `docker run`, as the docker CLI reads them."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.command.flags import bytes_of, parse
from checkers.limits import MIB
from checkers.running import WrongAnswer


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64m", 64 * MIB),
        ("64M", 64 * MIB),
        ("64MB", 64 * MIB),
        ("64MiB", 64 * MIB),
        ("64 mb", 64 * MIB),
        ("65536k", 64 * MIB),
        ("67108864", 64 * MIB),
        ("67108864b", 64 * MIB),
        ("0.5g", 512 * MIB),
        ("1t", 1024 * 1024 * MIB),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "m", "64x", "sixty", "-1m", "64mm"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="invalid size"):
        bytes_of(text)


SAME = [
    ["-d", "-m", "64m", "-e", "A=b c", "x", "cmd"],
    ["--detach", "--memory", "64m", "--env", "A=b c", "x", "cmd"],
    ["--detach=true", "--memory=64m", "--env=A=b c", "x", "cmd"],
    ["-dm64m", "-eA=b c", "x", "cmd"],
    ["-d=true", "-m=64m", "-e=A=b c", "--", "x", "cmd"],
]


@pytest.mark.parametrize("words", SAME, ids=" ".join)
def test_spellings(words: list[str]) -> None:
    found = parse(words)
    assert (found.image, found.command, found.detached) == ("x", ["cmd"], True)
    assert found.options == {"mem_limit": 64 * MIB, "environment": {"A": "b c"}}


def test_a_cluster_of_short_options() -> None:
    found = parse(["-dit", "x"])
    assert (found.detached, found.options) == (True, {"stdin_open": True, "tty": True})


def test_what_stands_after_the_image_is_its_command() -> None:
    found = parse(["x", "-d", "--privileged", "-v", "/:/host"])
    assert (found.command, found.detached) == (["-d", "--privileged", "-v", "/:/host"], False)


def test_the_last_of_two_counts() -> None:
    assert parse(["--name", "one", "--name", "two", "-d", "-d=false", "x"]).name == "two"
    assert parse(["-d", "-d=false", "x"]).detached is False


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--cpus", ".5"], {"nano_cpus": 500_000_000}),
        (["--memory-swap", "-1"], {"memswap_limit": -1}),
        (["--restart", "on-failure:3"], {"restart_policy": {"Name": "on-failure", "MaximumRetryCount": 3}}),
        (
            ["--restart=unless-stopped"],
            {"restart_policy": {"Name": "unless-stopped", "MaximumRetryCount": 0}},
        ),
        (["-l", "a=1", "--label", "b"], {"labels": {"a": "1", "b": ""}}),
        (["-e", "TAKEN_FROM_OUTSIDE"], {}),
        (["--privileged=false", "--network", "none", "-q"], {}),
    ],
)
def test_options(words: list[str], options: dict[str, Any]) -> None:
    assert parse([*words, "x"]).options == options


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--privileged"], "--privileged is not for this task"),
        (["-v", "/:/host"], "--volume is not for this task"),
        (["-v/:/host"], "--volume is not for this task"),
        (["--mount=type=bind,source=/,target=/host"], "--mount is not"),
        (["--pid", "host"], "--pid is not"),
        (["--pid=container:other"], "--pid is not"),
        (["--cap-add", "ALL"], "--cap-add is not"),
        (["--device", "/dev/sda"], "--device is not"),
        (["--cgroup-parent", "/"], "--cgroup-parent is not"),
        (["--security-opt", "seccomp=unconfined"], "--security-opt is not"),
        (["-p", "80:80"], "--publish is not"),
        (["-dP"], "--publish-all is not"),
        (["--network", "host"], "own network"),
        (["--net=container:other"], "own network"),
        (["--memroy", "64m"], "mind the spelling"),
        (["-Z"], "no option -Z"),
        (["--memory", "much"], "refuses --memory 'much'"),
        (["--cpus", "half"], "refuses --cpus"),
        (["--restart", "sometimes"], "refuses --restart"),
        (["--restart", "always:3"], "refuses --restart"),
        (["--name", "a b"], "refuses --name"),
        (["--name"], "needs a value"),
        (["-d"], "names no image"),
    ],
)
def test_refused(words: list[str], message: str) -> None:
    image = [] if message in {"needs a value", "names no image"} else ["x"]
    with pytest.raises(WrongAnswer) as caught:
        parse([*words, *image])
    assert message in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint
