"""The calls that a script's docker makes about containers, networks and volumes, and what becomes of each."""

from __future__ import annotations

import json

from checkers.abandoned import ATTEMPT
from checkers.session.bodies import Json, Refused
from checkers.session.door import Answer, Call, Door, Passed, arguments
from checkers.session.names import BRIDGE, filtered
from course.engine.gateway.handling import Reply
from course.engine.gateway.heads import Request

# Of a bridge, and of nothing else: whether its containers reach each other, and where it binds their ports.
_OWN_OPTIONS = {f"com.docker.network.bridge.{name}" for name in ("enable_icc", "host_binding_ipv4")}


def _filters(door: Door, request: Request) -> dict[str, str]:
    """The query of a list or a prune, for the script's own things alone."""
    query = arguments(request)
    given = json.loads(query.get("filters") or "{}")
    found = {key: [*value] if isinstance(value, list | dict) else [] for key, value in given.items()}
    for key in ("name", "network", "volume"):
        if key in found:
            found[key] = [
                filtered(str(one), door.names.prefix) if key == "name" else door.names.real(str(one))
                for one in found[key]
            ]
    found["label"] = [*found.get("label", ()), f"{ATTEMPT}={door.attempt.name}"]
    if "name" not in found:
        found["name"] = [door.names.prefix]
    return {**query, "filters": json.dumps(found)}


def _same(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    return door.ask(request, request.path)


def _ping(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed:
    return request, b""


def _listed(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    if request.path.endswith("/prune"):
        query = _filters(door, request)
        given = json.loads(query["filters"])
        given.pop("name")  # no prune knows it
        return door.ask(request, request.path, query={"filters": json.dumps(given)})
    return door.ask(request, request.path, query=_filters(door, request))


def _create(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    return door.container(request, body)


def _of(kind: str, *, reply: bool = False) -> Answer:
    """A call that names one thing in its path."""

    def answer(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed | Reply:
        if kind == "network" and parts[0] == BRIDGE:
            door.network(BRIDGE)
        _, kinds, _, *rest = request.path.split("/")
        path = "/".join(("", kinds, door.names.find(kind, parts[0]), *rest))
        return door.ask(request, path) if reply else door.change(request, path)

    return answer


def _archive(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed:
    changed, _ = door.change(request, f"/containers/{door.names.find('container', parts[0])}/archive")
    return request.altered(changed.target), None  # its body, if it has one, passes as it is


def _rename(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    name = request.arg("name")
    door.attempt.owns.container(door.names.real(name))
    path = f"/containers/{door.names.find('container', parts[0])}/rename"
    return door.ask(request, path, query={"name": door.names.real(name)})


def _exec(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    if body.get("Privileged"):
        raise Refused("--privileged", "it gives the command the whole machine")
    known = ("Cmd", "Env", "User", "WorkingDir", "Tty", "AttachStdin", "AttachStdout", "AttachStderr")
    asked = {key: body[key] for key in known if body.get(key) is not None}
    said = door.ask(request, f"/containers/{door.names.find('container', parts[0])}/exec", asked)
    if said.status < 300:
        door.names.made("exec", said.content["Id"])
    return said


def _exec_start(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed:
    asked = {key: bool(body.get(key)) for key in ("Detach", "Tty")}
    return door.change(request, f"/exec/{door.names.find('exec', parts[0])}/{parts[1]}", asked)


def _network_create(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed | Reply:
    if body.get("Driver") not in (None, "", "bridge", "default"):
        raise Refused(f"--driver {body['Driver']}", "it reaches the machine's own network")
    if (body.get("IPAM") or {}).get("Config"):
        raise Refused("--subnet", "its addresses may be taken, by a check beside this one")
    if set(body.get("Options") or {}) - _OWN_OPTIONS:
        raise Refused("--opt", "it changes more than this network")
    found = door.new_network(
        str(body.get("Name")), body.get("Options") or {}, internal=bool(body.get("Internal"))
    )
    return found or Reply(500, {"message": "no network"})


def _network_connect(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    word, network = str(body.get("Container") or ""), parts[0]
    real = door.names.find("container", word)
    asked: Json = {"Container": real}
    if parts[1] == "disconnect":
        asked["Force"] = bool(body.get("Force"))
    else:
        record = door.record(f"/containers/{real}/json")
        name = str(record.get("Name", "")).removeprefix("/") or word
        asked["EndpointConfig"] = door.bodies.endpoint(body.get("EndpointConfig") or {}, network, name)
    return door.ask(request, f"/networks/{door.network(network)}/{parts[1]}", asked)


def _volume_create(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    if body.get("Driver") not in (None, "", "local") or body.get("DriverOpts"):
        raise Refused("--opt", "such a volume could hold any folder of the machine")
    return door.volume(str(body.get("Name") or door.names.nameless()))


# The calls: docs.docker.com/reference/api/engine. The first that fits answers.
_C, _ANY = r"/containers/([^/]+)", r"([^/]+)"
CALLS: tuple[Call, ...] = (
    ("GET", "/_ping", _ping),
    ("GET", "/(?:version|info)", _same),
    ("GET", "/(?:containers/json|networks|volumes)", _listed),
    ("POST", "/(?:containers|networks|volumes)/prune", _listed),
    ("POST", "/containers/create", _create),
    ("GET", f"{_C}/(?:json|top|changes)", _of("container", reply=True)),
    ("GET", f"{_C}/(?:logs|stats)", _of("container")),
    ("POST", f"{_C}/(?:attach|start|stop|kill|restart|pause|unpause|wait|resize)", _of("container")),
    ("DELETE", _C, _of("container")),
    ("GET", f"{_C}/archive", _archive),
    ("PUT", f"{_C}/archive", _archive),
    ("POST", f"{_C}/rename", _rename),
    ("POST", f"{_C}/exec", _exec),
    ("POST", f"/exec/{_ANY}/(start|resize)", _exec_start),
    ("GET", f"/exec/{_ANY}/json", _of("exec", reply=True)),
    ("POST", "/networks/create", _network_create),
    ("POST", f"/networks/{_ANY}/(connect|disconnect)", _network_connect),
    ("GET", f"/networks/{_ANY}", _of("network", reply=True)),
    ("DELETE", f"/networks/{_ANY}", _of("network")),
    ("POST", "/volumes/create", _volume_create),
    ("GET", f"/volumes/{_ANY}", _of("volume", reply=True)),
    ("DELETE", f"/volumes/{_ANY}", _of("volume")),
)
