"""What a service has written is there again after `docker compose down` and `up`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import Project, service_of, standing
from checkers.http import Answer
from checkers.rules.base import Outcome, Rule, passed, wrong

_PASSING = {"tmpfs", "bind"}  # mounts that are no volume: in memory, or a single file


def compose_persists(
    service: str,
    port: int,
    write: Callable[[str], str],
    read: Callable[[str], tuple[str, str]],
    *,
    keeper: str,
    patient: bool = False,
) -> Rule:
    """Asks `service` for `write(nonce)`, takes the project down (without -v) and up, and wants what
    `read(nonce)` says: a path, and a text in its body. `keeper` is the service that keeps the data.
    `patient`: servers may say for a while that something isn't there yet, as in `compose_answers`."""

    def check(attempt: Attempt) -> Outcome:
        project, nonce = standing(attempt), uuid.uuid4().hex[:8]
        path, expected = read(nonce)

        def first(asked: str) -> Answer:
            side = project.side(service)
            return (side.first_well if patient else side.first_answer)(port, asked, attempt.limits.run)

        for asked in (write(nonce), path):
            answer = first(asked)
            if answer.status != 200:
                return wrong(
                    f"{service} answers GET {asked} with status {answer.status}: {answer.body.strip()[:200]}",
                    "Can it write where it keeps its data?",
                    evidence=project.story(),
                )
        kept = _mounts(project, keeper)
        project.down()
        project.up()
        answer = first(path)
        if answer.status == 200 and expected in answer.body:
            return passed(
                "What was written is there after `docker compose down` and `up`.", evidence=_shown(kept)
            )
        if answer.status != 200:
            return wrong(
                f"After `docker compose down` and `up`, GET {path} is answered with status {answer.status}.",
                "What does the service find of its first life, and can it go on with that?",
                evidence=project.story(),
            )
        if _holds(project, keeper, kept, _again(project, service, port, write)):
            return wrong(
                "After `docker compose down` and `up`, what was written before is gone. It lay in a volume "
                f"that stays, so something removes it when {keeper} starts.",
                "Look at the command, the entrypoint and what the image starts: what clears the folder?",
                evidence=_shown(kept),
                **place(attempt, "services", keeper),
            )
        nameless = [target for target, name in kept.items() if "nameless" in name]
        return wrong(
            f"After `docker compose down` and `up`, what was written before is gone. {keeper} keeps nothing "
            + (f"but {', '.join(kept)}." if kept else "outside its container."),
            f"{nameless[0]} is in a volume without a name, a new one for each container. Where does the "
            "service write, and is a volume with a name mounted exactly there?"
            if nameless
            else "A container's own files go with it. Which path holds the data, and what is mounted there?",
            misconception="M04",
            evidence=_shown(kept),
            **place(attempt, "services", keeper, "volumes"),
        )

    return Rule(
        "persists", "Data outlives the containers: down, up, and it is there", check, needs=("answers",)
    )


def _again(project: Project, service: str, port: int, write: Callable[[str], str]) -> bytes:
    """Has something else written, and says what it is."""
    nonce = uuid.uuid4().hex[:8]
    project.side(service).get(port, write(nonce))
    return nonce.encode()


def _holds(project: Project, service: str, kept: Mapping[str, str], word: bytes) -> bool:
    """Whether a volume of the service that outlives its containers has the word in one of its files."""
    lasting = [target for target, name in kept.items() if name not in _PASSING and "nameless" not in name]
    for one in project.containers(service):
        for target in lasting:
            pieces, _ = one.container.get_archive(target)
            rest = b""
            for piece in pieces:
                if word in rest + piece:
                    return True
                rest = piece[-len(word) :]
    return False


def _mounts(project: Project, service: str) -> dict[str, str]:
    """Where something is mounted in the service's containers, and what."""
    return {
        str(mount["Destination"]): str(mount.get("Name") or mount["Type"]).removeprefix(f"{project.name}_")
        for one in project.containers()
        if service_of(one) == service
        for mount in one.inspect().get("Mounts") or ()
    }


def _shown(kept: dict[str, str]) -> str:
    return "\n".join(
        f"{target}: {'a volume without a name' if 'nameless' in name else f'{name}'}"
        for target, name in sorted(kept.items())
    )
