"""The calls about images. A script uses its task's, makes tags of its own, and pushes to one registry."""

from __future__ import annotations

import json
from typing import Any

from checkers.session.bodies import Json, Refused
from checkers.session.door import Call, Door, Passed, arguments
from checkers.session.names import full
from course.engine.gateway.handling import Reply
from course.engine.gateway.heads import Request

_TRIES, _NOT_FOUND = 10, 404


def _named(door: Door, word: str) -> str:
    """The engine's name for it. One that is in no list is looked for where nothing is."""
    return door.names.image(word) or door.names.real("no/such")


def _inspect(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    real = door.names.image(parts[0])
    if real is None:
        return Reply(404, {"message": f"No such image: {parts[0]}"})
    said = door.ask(request, f"/images/{real}/{parts[1]}")
    if said.status < 300 and isinstance(said.content, dict):
        door.names.made("image", str(said.content["Id"]).removeprefix("sha256:"))
    return said


def _list(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    query = {key: value for key, value in arguments(request).items() if key != "filters"}
    given = json.loads(arguments(request).get("filters") or "{}")
    wanted = [*(given.get("reference") or ())]
    if wanted:  # the engine's own search: unasked, one of an image's digests may stand for all
        query["filters"] = json.dumps({"reference": [_real_pattern(door, one) for one in wanted]})
    for _ in range(_TRIES):
        said = door.ask(request, "/images/json", query=query)
        if said.status != _NOT_FOUND:  # somebody else's image went while the engine read its list
            break
    rows = [row for row in said.content or () if _known(door, row, wanted)]
    for row in rows:
        door.names.made("image", str(row["Id"]).removeprefix("sha256:"))
    return Reply(said.status, rows)


def _real_pattern(door: Door, word: str) -> str:
    theirs = full(word) in door.names.images or word.startswith(f"{door.names.registry or '/'}/")
    return word if theirs else door.names.real(word)


def _known(door: Door, row: dict[str, Any], wanted: list[str]) -> bool:
    for key in ("RepoTags", "RepoDigests"):  # as the engine does it: what isn't asked for isn't named
        row[key] = [name for name in row.get(key) or () if door.names.image(name) and _asked(name, wanted)]
    return bool(row["RepoTags"] or row["RepoDigests"])


def _asked(name: str, wanted: list[str]) -> bool:
    return not wanted or any(name == full(one) or name.startswith((f"{one}:", f"{one}@")) for one in wanted)


def _pull(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed | Reply:
    repository, tag = request.arg("fromImage"), request.arg("tag")
    name = f"{repository}{'@' if tag.startswith('sha256:') else ':'}{tag}" if tag else repository
    if door.names.hosted(name):
        door.attempt.owns.image(name)
        return door.change(request, "/images/create")
    if door.names.image(name):  # it is here already
        return Reply(200, {"status": f"Status: Image is up to date for {name}"})
    raise Refused(
        f"The image {full(name)}",
        "a check has only the images that the task names",
        "Use the image of the task.",
    )


def _tag(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    repository, tag = request.arg("repo"), request.arg("tag") or "latest"
    name = f"{repository}:{tag}"
    if door.names.hosted(repository):
        door.attempt.owns.image(name)
        return door.ask(
            request, f"/images/{_named(door, parts[0])}/tag", query={"repo": repository, "tag": tag}
        )
    real, _, tag = door.names.real(full(name)).rpartition(":")
    door.attempt.owns.image(f"{real}:{tag}")
    said = door.ask(request, f"/images/{_named(door, parts[0])}/tag", query={"repo": real, "tag": tag})
    if said.status < 300:
        door.names.tags.add(full(name))
    return said


def _push(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Passed:
    if not door.names.hosted(parts[0]):
        host = door.names.registry or "no registry"
        raise Refused(
            f"docker push {parts[0]}".replace("docker.io/library/", ""),
            f"an image's name says which registry it goes to, and this one's doesn't say {host}",
            "A name without a registry in front is Docker Hub's. docker tag gives an image one more name.",
        )
    return door.change(request, f"/images/{parts[0]}/push")


def _remove(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    real = _named(door, parts[0])
    tags = [full(tag) for tag in door.record(f"/images/{real}/json").get("RepoTags") or ()]
    mine = [tag for tag in tags if tag in door.names.tags or door.names.hosted(tag)]
    if real in door.names.images or (real.startswith("sha256:") and mine != tags):
        raise Refused(f"docker rmi {parts[0]}", "the image is others', too")
    return door.ask(request, f"/images/{real}")


def _distribution(door: Door, request: Request, parts: tuple[str, ...], body: Json) -> Reply:
    if not door.names.hosted(parts[0]):
        return Reply(404, {"message": f"No such image: {parts[0]}"})
    return door.ask(request, request.path)


CALLS: tuple[Call, ...] = (
    ("GET", "/images/json", _list),
    ("POST", "/images/create", _pull),
    ("GET", "/images/(.+)/(json|history)", _inspect),
    ("POST", "/images/(.+)/tag", _tag),
    ("POST", "/images/(.+)/push", _push),
    ("DELETE", "/images/(.+)", _remove),
    ("GET", "/distribution/(.+)/json", _distribution),
)
