"""The door between a script's docker CLI and the engine. What is in the table of calls passes, under the
names of the attempt's own; everything else is refused, and the attempt fails.

Safe because nothing of a request's body gets through: each is made anew (see `bodies`), and a path names
only what has the attempt's prefix or an ID that the engine gave to this script.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import requests

from checkers.attempt import Attempt
from checkers.session.bodies import Bodies, Json, Refused, inside_folder
from checkers.session.names import BRIDGE, Names
from course.engine.execute import execute
from course.engine.failures import WIRE_ERRORS
from course.engine.gateway.call import OpenCall
from course.engine.gateway.handling import Handling, Reply
from course.engine.gateway.heads import Request
from course.engine.labels import made

CALLS_MAX = 400  # requests; one docker command makes up to eight
THINGS_MAX = 12  # containers, networks, volumes
Passed = tuple[Request, bytes | None]
Answer = Callable[["Door", Request, tuple[str, ...], Json], Passed | Reply]
Call = tuple[str, str, Answer]
"""A method, a pattern of the path, and what becomes of it."""
_OTHER = "it reaches past what a script here may do"


class Door:
    """One for all scripts of an attempt. `calls` is the table, whose first that fits answers; `work` the
    volume with the learner's folder. `trouble` is what the grader or the engine did wrong."""

    def __init__(
        self, attempt: Attempt, names: Names, calls: Sequence[Call], work: str, *, publishes: bool
    ) -> None:
        self.attempt, self.names, self.publishes = attempt, names, publishes
        self._table = calls
        self.script = ""  # the ID of the container that runs the script
        self.refusals: list[Refused] = []
        self.trouble: list[Exception] = []
        self.ports: dict[str, Json] = {}  # what each container asked to publish, by its name
        self.bodies = Bodies(names, attempt.limits, work, attempt.labels)
        self._lock, self._calls = threading.RLock(), 0
        self._networks: set[str] = set()
        self._volumes: set[str] = set()

    def handling(self, request: Request, call: OpenCall) -> Handling:
        """What the gateway asks about each call."""
        return _Guard(self, call)

    def pass_or_reply(self, request: Request, body: bytes | None) -> Passed | Reply:
        """The call as it goes to the engine, or an answer in its place."""
        try:
            return self._answer(request, body)
        except Refused as error:
            self.refusals.append(error)
            return Reply(403, {"message": str(error)})
        except (*WIRE_ERRORS, requests.RequestException) as error:
            self.trouble.append(error)
            return Reply(503, {"message": "the engine does not answer"})
        except Exception as error:  # noqa: BLE001  in the connection's thread nobody would hear of it
            self.trouble.append(error)
            return Reply(500, {"message": "the check broke"})

    def _answer(self, request: Request, body: bytes | None) -> Passed | Reply:
        self._calls += 1
        if self._calls > CALLS_MAX:
            raise Refused("So much", f"the script asks more than {CALLS_MAX} times", "Is there a loop?")
        method = "GET" if request.method == "HEAD" else request.method
        for its, pattern, answer in self._table:
            match = its == method and re.fullmatch(pattern, request.path)
            if match:
                return answer(self, request, match.groups(), _json(body))
        if method == "GET":  # `docker inspect` looks for services, too
            return Reply(404, {"message": "page not found"})
        raise Refused(
            f"docker {_command(request)}", _OTHER, "Containers, networks, volumes and images will do."
        )

    # What answers do --------------------------------------------------------------------------------

    def ask(
        self, request: Request, path: str, body: Json | None = None, query: Mapping[str, str] | None = None
    ) -> Reply:
        """Asks the engine, and answers with the script's names."""
        said = self._asked(request.method, path, body, arguments(request) if query is None else query)
        return Reply(said.status_code, json.loads(self.names.own(said.text) or "null"))

    def _asked(
        self, method: str, path: str, body: Json | None, query: Mapping[str, Any]
    ) -> requests.Response:
        api: Any = self.attempt.client.api
        url = f"{api.base_url}/v{api.api_version}{path}"
        found: requests.Response = api.request(
            method, f"{url}?{urlencode(query)}" if query else url, json=body, timeout=api.timeout
        )
        return found

    def record(self, path: str) -> Json:
        """What the engine has of a thing, in the script's names; {} where it has none."""
        said = self._asked("GET", path, None, {})
        return _json(self.names.own(said.text).encode()) if said.status_code < 300 else {}

    def change(self, request: Request, path: str, body: Json | None = None) -> Passed:
        """Passes the call on, to another path and with another body."""
        version = re.match(r"/v\d+\.\d+(?=/)", request.target)
        target = (version[0] if version else "") + quote(path, safe="/:@")
        if request.query_text:
            target += f"?{request.query_text}"
        data = None if body is None else json.dumps(body).encode()
        return request.altered(target, data if body is not None else b""), data or b""

    def room(self, kind: str, things: object) -> None:
        """Raises Refused where a script makes too many."""
        if len(things) >= THINGS_MAX:  # type: ignore[arg-type]
            raise Refused("So much", f"the script makes more than {THINGS_MAX} {kind}s", "Is there a loop?")

    def network(self, name: str) -> str:
        """The real name of a network; the default bridge is made when it is needed."""
        with self._lock:
            if name == BRIDGE and BRIDGE not in self._networks:
                self.new_network(BRIDGE)
        return self.names.find("network", name)

    def new_network(
        self, name: str, options: Mapping[str, str] | None = None, *, internal: bool = False
    ) -> Reply | None:
        """A network without a way out. The engine's words where it takes none."""
        self.room("network", self._networks)
        real = self.attempt.owns.network(self.names.real(name))
        body = {
            "Name": real,
            "CheckDuplicate": True,
            "Driver": "bridge",
            # Published ports need a network that isn't internal. Without masquerade nothing comes back on it.
            "Internal": internal or not self.publishes,
            "Options": {**(options or {}), "com.docker.network.bridge.enable_ip_masquerade": "false"},
            "Labels": made("network") | self.attempt.marks,
        }
        with self.attempt.owns.making():
            said = self._asked("POST", "/networks/create", body, {})
        content = json.loads(self.names.own(said.text))
        if said.status_code < 300:
            self._networks.add(name)
            self.names.made("network", content["Id"])
        return Reply(said.status_code, content)

    def volume(self, name: str) -> Reply:
        """Makes a volume, if it isn't there."""
        if name not in self._volumes:
            self.room("volume", self._volumes)
            self.attempt.owns.volume(self.names.real(name))
        body = {"Name": self.names.real(name), "Labels": made("volume") | self.attempt.marks}
        with self.attempt.owns.making():
            said = self._asked("POST", "/volumes/create", body, {})
        if said.status_code < 300:
            self._volumes.add(name)
        return Reply(said.status_code, json.loads(self.names.own(said.text)))

    def forget(self) -> None:
        """After everything was removed: there is room again."""
        with self._lock:
            self._networks.clear()
            self._volumes.clear()
            self.ports.clear()

    def folder(self, path: str) -> None:
        """-v makes a folder that isn't there."""
        if inside_folder(path):
            execute(self.attempt.client, self.script, ["mkdir", "-p", "--", path])

    def container(self, request: Request, asked: Json) -> Reply:
        """docker create, and the first half of docker run."""
        self.room("container", self.ports)
        name = request.arg("name") or self.names.nameless()
        body = self.bodies.container(asked, name, self.network, self.volume, self.folder)
        self.attempt.owns.container(self.names.real(name))
        query = {"name": self.names.real(name)}
        if request.arg("platform"):
            query["platform"] = request.arg("platform")
        with self.attempt.owns.making():
            said = self.ask(request, "/containers/create", body, query)
        if said.status < 300:
            self.names.made("container", said.content["Id"])
            self.ports[name] = dict((asked.get("HostConfig") or {}).get("PortBindings") or {})
        return said


class _Guard(Handling):
    """The door, as the gateway knows it."""

    def __init__(self, door: Door, call: OpenCall) -> None:
        super().__init__(call)
        self._door = door
        # A tar that `docker cp` sends is passed on as it comes; all other bodies are read, and made anew.
        self.wants_body = not call.path.endswith("/archive")

    def prepare(self, request: Request, body: bytes | None) -> Passed | Reply:
        """See Handling."""
        return self._door.pass_or_reply(request, body)


def _json(body: bytes | None) -> Json:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def arguments(request: Request) -> dict[str, str]:
    return {key: values[0] for key, values in request.query.items()}


def _command(request: Request) -> str:
    """What it was, in the words of docker's commands: "build", "swarm init"."""
    return " ".join(re.findall(r"[a-z]+", request.path)[:2])
