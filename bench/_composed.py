"""The floors of exercises whose answer is a Compose project.

A project is the learner's own, as a check starts it: with the image that was built in place of `build:`, the
limits, networks without a way out, nothing published, and health checks that look twice a second until they
succeed. It is written down beforehand, by hand as it were: what a check does to read a stranger's project,
judge it and rewrite it is the checker's and in no floor. `docker compose` starts and ends it; each service
that is asked something has a container beside it, in its network namespace.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from bench._bare import Bare, poll
from checkers.cage import IMAGE
from checkers.canary.secret import for_word
from checkers.limits import DEFAULT
from checkers.tar import packed
from course.engine.labels import made

_PROJECT = "com.docker.compose.project"
_SLEEP = ["tail", "-f", "/dev/null"]
_CONNECT = 'until nc -w 2 "$1" "$2" </dev/null; do usleep 20000; done'
_TRY = 'while [ $# -gt 1 ]; do nc -w 2 "$1" "$2" </dev/null; shift 2; done; true'
_KNOCK = 'PGPASSWORD=$1 psql --no-psqlrc --no-password -h "$2" -U postgres -c "SELECT 1"'
_HELD = "touch /.gate/door/reached; until [ -e /.gate/door/open ]; do sleep 0.1; done\n"


class _Project:
    """The folder's, with `tag` for what it builds."""

    def __init__(self, bare: Bare, tag: str, number: int = 1) -> None:
        self.bare, self.name = bare, f"{bare.name}-p{number}"
        self.config: dict[str, Any] = yaml.safe_load((bare.folder / "compose.yaml").read_text())
        self._sides: dict[str, str] = {}
        bare.projects.append(self.name)
        labels = {"labels": made("container")}
        for service in self.config["services"].values():
            service.pop("ports", None)
            if service.pop("build", None):
                service["image"] = tag
            service |= _limits() | labels
            if "healthcheck" in service:
                service["healthcheck"] |= {
                    "interval": "2s", "start_interval": "500ms", "start_period": "60s",
                }  # fmt: skip
        names = self.config.get("networks") or ["default"]
        self.config["networks"] = {name: {"internal": True, "labels": made("network")} for name in names}
        for name in self.config.get("volumes") or ():
            self.config["volumes"][name] = {"labels": made("volume")}

    def _compose(self, *words: str) -> None:
        file = self.bare.folder / f"{self.name}.yaml"
        file.write_text(yaml.safe_dump(self.config))
        program = [self.bare.cli.program, "compose", "--progress", "quiet", "-p", self.name, "-f", str(file)]
        self.bare.call([*program, *words])

    def up(self) -> None:
        self._compose("up", "-d", "--no-build", "--pull", "never")

    def down(self) -> None:
        self._compose("down", "--timeout", "3")
        self._sides.clear()

    def container(self, service: str) -> str:
        return f"{self.name}-{service}-1"

    def side(self, service: str) -> str:
        """The container beside it."""
        if service not in self._sides:
            mode = f"container:{self.container(service)}"
            self._sides[service] = self.bare.up(IMAGE, _SLEEP, network=None, network_mode=mode)
        return self._sides[service]

    def addresses(self, service: str) -> list[str]:
        record = self.bare.api.inspect_container(self.container(service))
        return [one["IPAddress"] for one in record["NetworkSettings"]["Networks"].values()]

    def mount(self, service: str, volumes: Mapping[str, str]) -> None:
        """Volumes that are there already, by the path in the service."""
        self.config["services"][service].setdefault("volumes", []).extend(
            f"{name}:{path}" for name, path in volumes.items()
        )
        self.config.setdefault("volumes", {}).update({name: {"external": True} for name in volumes})

    def inside(self, service: str, script: str, *words: str) -> None:
        """A script beside it."""
        self.bare.inside(self.side(service), ["sh", "-c", script, "sh", *words])

    def ask(self, service: str, rest: str, times: int = 1) -> None:
        """From beside it, at its own address, until it is answered."""
        self.bare.ask_from(self.side(service), f"http://{self.addresses(service)[0]}{rest}", times)


def _limits() -> dict[str, Any]:
    return {
        "mem_limit": DEFAULT.memory,
        "memswap_limit": DEFAULT.memory,
        "cpus": DEFAULT.cpus,
        "pids_limit": DEFAULT.pids,
        "ulimits": {one["Name"]: {"soft": one["Soft"], "hard": one["Hard"]} for one in DEFAULT.ulimits()},
    }


def _persist(bare: Bare) -> None:
    bare.cage()
    project = _Project(bare, bare.build())
    project.up()
    project.ask("guests", ":8000/hotel/a", 3)
    project.ask("guests", f":8000/sign/{bare.word}")
    project.ask("guests", ":8000/book")
    project.down()
    project.up()
    project.ask("guests", ":8000/book")


def _wait_for_db(bare: Bare) -> None:
    bare.cage()
    tag = bare.build()
    _Project(bare, tag).up()
    slow, gate, scripts = _Project(bare, tag, 2), bare.volume(), bare.volume()
    slow.mount("db", {gate: "/.gate", scripts: "/docker-entrypoint-initdb.d"})
    places = [f"{gate}:/gate", f"{scripts}:/scripts"]
    holder = bare.create(IMAGE, ["-"], network=None, network_mode="none", volumes=places)
    bare.api.put_archive(holder, "/gate", _door())
    bare.api.put_archive(holder, "/scripts", packed({"slow.sh": _HELD.encode()}, 0o755))
    with ThreadPoolExecutor(1) as pool:
        upping = pool.submit(slow.up)
        poll(lambda: bare.has(holder, "/gate/door/reached"))
        # A check looks on here for three seconds, if an app that doesn't wait answers: no operation.
        bare.api.put_archive(holder, "/gate/door", packed({"open": b""}))
        upping.result()
    slow.ask("web", ":8000/", 3)


def _door() -> bytes:
    """A folder that everybody may write to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folder = tarfile.TarInfo("door")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(folder)
    return buffer.getvalue()


def _segment(bare: Bare) -> None:
    bare.cage()
    project = _Project(bare, bare.build())
    project.up()
    for service, port in (("app", 8000), ("db", 6379)):
        project.inside(service, _CONNECT, project.addresses(service)[0], str(port))
    for service, target, port in (("proxy", "app", 8000), ("app", "db", 6379)):
        project.inside(service, _CONNECT, target, str(port))
    for service, target, port in (("proxy", "db", 6379), ("db", "proxy", 80)):
        places = [target, *project.addresses(target)]
        project.inside(service, _TRY, *(word for place in places for word in (place, str(port))))
    project.ask("proxy", f":80/seen/{bare.word}", 3)
    project.inside("proxy", _CONNECT, project.addresses("proxy")[0], "80")


def _secrets(bare: Bare) -> None:
    password = for_word(bare.word).value
    bare.cage()
    tag = bare.build()
    bare.save(tag)
    project = _Project(bare, tag)
    project.up()
    project.ask("app", ":8000/tide/a", 3)
    address = project.addresses("db")[0]
    psql = bare.up(
        "postgres:17", ["-f", "/dev/null"],
        entrypoint=["tail"], network=None, network_mode=f"container:{project.container('db')}",
        tmpfs={"/var/lib/postgresql/data": ""},
    )  # fmt: skip
    for word in (password, f"no-{password}"):
        bare.inside(psql, ["sh", "-c", _KNOCK, "sh", word, address])
    for service in ("app", "db"):
        bare.api.inspect_container(project.container(service))
        bare.api.top(project.container(service))
        bare.api.logs(project.container(service))


COMPOSED: Mapping[str, Callable[[Bare], None]] = {
    "07-persist": _persist,
    "08-wait-for-db": _wait_for_db,
    "08-segment": _segment,
    "08-secrets": _secrets,
}
