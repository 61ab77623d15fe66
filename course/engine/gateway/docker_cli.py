"""The docker command that makes such a call: for reading, not for running.

Simple calls are a table. In a template, `{0}` is the first group of the path, `{name}` an argument of the
query (the whole command is unknown without it), `[-f:follow]` a flag that is there when the argument is
true, `[--tail=tail]` one with the argument's value, and `[filters]` one `--filter` for each filter.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from course.engine.gateway.create_flags import create_words, label_words


@dataclass(frozen=True)
class Asked:
    """A call, taken apart."""

    groups: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: Mapping[str, Any]

    def arg(self, name: str) -> str:
        return self.query.get(name, [""])[0]

    def true(self, name: str) -> bool:
        return self.arg(name).lower() in ("1", "true")


_NAME = r"([^/]+)"
_IMAGE = r"(.+)"
_TEMPLATES = (
    ("GET", "/containers/json", "ps [-a:all] [-s:size] [--last=limit] [filters]"),
    ("POST", f"/containers/{_NAME}/start", "start {0}"),
    ("POST", f"/containers/{_NAME}/stop", "stop [--timeout=t] [--signal=signal] {0}"),
    ("POST", f"/containers/{_NAME}/restart", "restart [--timeout=t] {0}"),
    ("POST", f"/containers/{_NAME}/kill", "kill [--signal=signal] {0}"),
    ("POST", f"/containers/{_NAME}/(pause|unpause|wait|attach)", "{1} {0}"),
    ("POST", f"/containers/{_NAME}/rename", "rename {0} {name}"),
    ("DELETE", f"/containers/{_NAME}", "rm [-f:force] [-v:v] {0}"),
    ("GET", f"/containers/{_NAME}/json", "inspect [--size:size] {0}"),
    (
        "GET",
        f"/containers/{_NAME}/logs",
        "logs [-f:follow] [-t:timestamps] [--since=since] [--until=until] [--tail=tail] {0}",
    ),
    ("GET", f"/containers/{_NAME}/top", "top {0} [=ps_args]"),
    ("GET", f"/containers/{_NAME}/stats", "stats {0}"),
    ("GET", f"/containers/{_NAME}/changes", "diff {0}"),
    ("GET", f"/containers/{_NAME}/export", "export {0}"),
    ("GET", f"/containers/{_NAME}/archive", "cp {0}:{path} ."),
    ("PUT", f"/containers/{_NAME}/archive", "cp FILE {0}:{path}"),
    ("POST", "/containers/prune", "container prune [filters]"),
    ("GET", "/images/json", "images [-a:all] [filters]"),
    ("GET", f"/images/{_IMAGE}/json", "image inspect {0}"),
    ("GET", f"/images/{_IMAGE}/history", "history {0}"),
    ("POST", f"/images/{_IMAGE}/push", "push {0}[:=tag]"),
    ("POST", f"/images/{_IMAGE}/tag", "tag {0} {repo}[:=tag]"),
    ("DELETE", f"/images/{_IMAGE}", "rmi [-f:force] [--no-prune:noprune] {0}"),
    ("GET", f"/images/{_IMAGE}/get", "save {0}"),
    ("GET", "/images/get", "save {names*}"),
    ("POST", "/images/load", "load"),
    ("GET", "/images/search", "search {term}"),
    ("POST", "/images/prune", "image prune [filters]"),
    ("POST", "/commit", "commit [-m=comment] [-a=author] {container} [=repo][:=tag]"),
    ("GET", "/networks", "network ls [filters]"),
    ("GET", f"/networks/{_NAME}", "network inspect {0}"),
    ("DELETE", f"/networks/{_NAME}", "network rm {0}"),
    ("POST", "/networks/prune", "network prune [filters]"),
    ("GET", "/volumes", "volume ls [filters]"),
    ("GET", f"/volumes/{_NAME}", "volume inspect {0}"),
    ("DELETE", f"/volumes/{_NAME}", "volume rm [-f:force] {0}"),
    ("POST", "/volumes/prune", "volume prune [-a:all] [filters]"),
    ("GET", "/events", "events [--since=since] [--until=until] [filters]"),
    ("GET", "/info", "info"),
    ("GET", "/version", "version"),
    ("GET", "/system/df", "system df"),
    ("POST", "/build/prune", "builder prune [-a:all] [filters]"),
    ("POST", "/auth", "login"),
    ("POST", "/swarm/init", "swarm init"),
    ("POST", "/swarm/join", "swarm join"),
    ("POST", "/swarm/leave", "swarm leave [-f:force]"),
    ("GET", "/nodes", "node ls [filters]"),
    ("GET", "/services", "service ls [filters]"),
    ("GET", f"/services/{_NAME}", "service inspect {0}"),
    ("DELETE", f"/services/{_NAME}", "service rm {0}"),
    ("GET", f"/services/{_NAME}/logs", "service logs [-f:follow] {0}"),
)


def docker_command(method: str, path: str, query_text: str, body: bytes = b"") -> str:
    """The command, or "" for a call that no command makes (as far as is known here)."""
    query = parse_qs(query_text, keep_blank_values=True)
    for wanted, pattern, make in _RULES:
        if wanted == method and (match := pattern.fullmatch(path)):
            try:
                words = list(make(Asked(match.groups(), query, _object(body))))
            except (ValueError, TypeError, AttributeError, KeyError):
                return ""  # a body of a shape that no client sends
            return shlex.join(["docker", *words]) if words else ""
    return ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _from_template(template: str) -> Callable[[Asked], Iterator[str]]:
    tokens = re.findall(r"\[[^\]]*\](?:\[[^\]]*\])*|\S+", template)

    def make(asked: Asked) -> Iterator[str]:
        for token in tokens:
            yield from _expand(token, asked)

    return make


def _expand(token: str, asked: Asked) -> Iterator[str]:
    if token == "[filters]":  # noqa: S105  no password
        yield from _filters(asked)
    elif flag := re.fullmatch(r"\[(-[^:=\]]*):(\w+)\]", token):
        if asked.true(flag[2]):
            yield flag[1]
    elif option := re.fullmatch(r"\[(-[^:=\]]*)=(\w+)\]", token):
        if (value := asked.arg(option[2])) not in ("", "0", "all", "-1"):
            yield from (option[1], value)
    elif every := re.fullmatch(r"\{(\w+)\*\}", token):
        yield from asked.query[every[1]]
    elif word := _word(token, asked):
        yield word


def _word(token: str, asked: Asked) -> str:
    """A word with `{…}` filled in, and `[=x]`, `[:=x]` for an argument that may be missing."""

    def required(match: re.Match[str]) -> str:
        name = match[1]
        value = asked.groups[int(name)] if name.isdigit() else asked.query[name][0]
        return value.removeprefix("docker.io/library/")

    def optional(match: re.Match[str]) -> str:
        value = asked.arg(match[2]).removeprefix("docker.io/library/")
        return match[1] + value if value else ""

    return re.sub(r"\[(:?)=(\w+)\]", optional, re.sub(r"\{(\w+)\}", required, token))


def _filters(asked: Asked) -> Iterator[str]:
    try:
        filters = json.loads(asked.arg("filters") or "{}")
    except ValueError:
        return
    for name, values in filters.items():
        for value in values:  # a list, or an object of true and false
            if not (isinstance(values, dict) and not values[value]):
                yield from ("--filter", f"{name}={value}")


def _pull(asked: Asked) -> Iterator[str]:
    tag = asked.arg("tag")
    if asked.arg("fromSrc"):
        name = asked.arg("repo") + (f":{tag}" if tag else "")
        yield from ("import", asked.arg("fromSrc"), *([name] if name else []))
        return
    name = asked.query["fromImage"][0].removeprefix("docker.io/library/")
    joined = f"{name}{'@' if tag.startswith('sha256:') else ':'}{tag}" if tag else name
    platform = asked.arg("platform")
    yield from ("pull", *(["--platform", platform] if platform else []), joined)


def _build(asked: Asked) -> Iterator[str]:
    yield "build"
    for tag in asked.query.get("t", []):
        if tag:
            yield from ("-t", tag.removeprefix("docker.io/library/"))
    dockerfile = asked.arg("dockerfile")
    if dockerfile and dockerfile != "Dockerfile" and not dockerfile.startswith(".dockerfile."):
        yield from ("-f", dockerfile)
    for name, option in (("target", "--target"), ("platform", "--platform")):
        if value := asked.arg(name):
            yield from (option, value)
    for name, value in json.loads(asked.arg("buildargs") or "{}").items():
        yield from ("--build-arg", name if value is None else f"{name}={value}")
    for name, option in (("nocache", "--no-cache"), ("pull", "--pull")):
        if asked.true(name):
            yield option
    yield "."


def _exec(asked: Asked) -> Iterator[str]:
    yield "exec"
    for key, option in (("AttachStdin", "-i"), ("Tty", "-t"), ("Privileged", "--privileged")):
        if asked.body.get(key):
            yield option
    for key, option in (("User", "-u"), ("WorkingDir", "-w")):
        if value := asked.body.get(key):
            yield from (option, value)
    for pair in asked.body.get("Env") or ():
        yield from ("-e", pair)
    yield asked.groups[0]
    yield from asked.body["Cmd"]


def _create_network(asked: Asked) -> Iterator[str]:
    yield from ("network", "create")
    if (driver := asked.body.get("Driver")) and driver != "bridge":
        yield from ("-d", driver)
    for key, option in (("Internal", "--internal"), ("Attachable", "--attachable"), ("EnableIPv6", "--ipv6")):
        if asked.body.get(key):
            yield option
    for config in (asked.body.get("IPAM") or {}).get("Config") or ():
        for key, option in (("Subnet", "--subnet"), ("Gateway", "--gateway"), ("IPRange", "--ip-range")):
            if config.get(key):
                yield from (option, config[key])
    yield from label_words(asked.body)
    yield asked.body["Name"]


def _create_volume(asked: Asked) -> Iterator[str]:
    yield from ("volume", "create")
    if (driver := asked.body.get("Driver")) and driver != "local":
        yield from ("-d", driver)
    for key, value in (asked.body.get("DriverOpts") or {}).items():
        yield from ("-o", f"{key}={value}")
    yield from label_words(asked.body)
    if name := asked.body.get("Name"):
        yield name


def _connect(asked: Asked) -> Iterator[str]:
    yield from ("network", asked.groups[1])
    settings = asked.body.get("EndpointConfig") or {}
    for alias in settings.get("Aliases") or ():
        yield from ("--alias", alias)
    if address := (settings.get("IPAMConfig") or {}).get("IPv4Address"):
        yield from ("--ip", address)
    if asked.body.get("Force"):
        yield "-f"
    yield from (asked.groups[0], asked.body["Container"])


def _update(asked: Asked) -> Iterator[str]:
    yield "update"
    words = list(create_words({"HostConfig": asked.body, "Image": asked.groups[0]}))
    yield from words


_FUNCTIONS: tuple[tuple[str, str, Callable[[Asked], Iterator[str]]], ...] = (
    (
        "POST",
        "/containers/create",
        lambda asked: iter(["create", *create_words(asked.body, asked.arg("name"), asked.arg("platform"))]),
    ),
    ("POST", f"/containers/{_NAME}/exec", _exec),
    ("POST", f"/containers/{_NAME}/update", _update),
    ("POST", "/images/create", _pull),
    ("POST", "/build", _build),
    ("POST", "/networks/create", _create_network),
    ("POST", f"/networks/{_NAME}/(connect|disconnect)", _connect),
    ("POST", "/volumes/create", _create_volume),
)
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[Asked], Iterator[str]]], ...] = tuple(
    (method, re.compile(pattern), make)
    for method, pattern, make in (
        *_FUNCTIONS,
        *((method, pattern, _from_template(template)) for method, pattern, template in _TEMPLATES),
    )
)
