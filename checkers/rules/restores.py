"""A volume is backed up by one script and made again by another, on a machine that has lost everything else.

The volume holds what nobody could know: random names and words, with owners, modes, a link and hidden files.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
from dataclasses import dataclass
from typing import Any, cast

from docker.errors import NotFound

from checkers.attempt import Attempt
from checkers.cage import IMAGE
from checkers.limits import MIB
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.script_runs import Stage
from checkers.session import Ended
from checkers.stream import Stream

_ROOT = "volume"
_MOST = 32 * MIB


@dataclass(frozen=True)
class File:
    """One entry of a volume."""

    kind: bytes  # tarfile's letter
    content: bytes  # or where a link leads
    mode: int
    owner: tuple[int, int]


Files = dict[str, File]


@dataclass(frozen=True)
class Story:
    """What was in the volume, and in the learner's folder, and how each script ended."""

    before: Files
    kept: Files  # in the volume, after the backup
    left: bool  # whether the backup left anything in the folder
    backup: Ended
    restored: Files | None  # None: there is no such volume
    restore: Ended | None


def rules(on: Stage, volume: str, backup: str, restore: str) -> tuple[Rule, ...]:
    """The rules: the backup, the files, and their owners and modes."""

    def story(attempt: Attempt) -> Story:
        return attempt.once("the story of a volume", lambda: _story(attempt, on, volume, backup, restore))

    def backs_up(attempt: Attempt) -> Outcome:
        found = story(attempt)
        if found.backup.code:
            return _ended(backup, found.backup)
        if found.kept != found.before:
            return wrong(
                f"{backup} changes the volume {volume}.",
                "A backup only reads: mount the volume with :ro.",
                evidence=_difference(found.before, found.kept),
            )
        if not found.left:
            return wrong(
                f"{backup} leaves nothing in its folder.",
                "What a container writes into its own files, or into another volume, isn't in your folder. "
                '-v "$PWD":/backup shows the folder to the container.',
                misconception="M04",
                evidence=found.backup.output,
            )
        return passed(f"{backup} leaves a backup in the folder.")

    def restores(attempt: Attempt) -> Outcome:
        found = story(attempt)
        assert found.restore is not None, "the rule before has passed"  # noqa: S101
        if found.restore.code:
            return _ended(restore, found.restore)
        if found.restored is None:
            return wrong(
                f"After {restore} there is no volume {volume}.",
                "docker run -v NAME:/folder makes the volume of that name, if there is none.",
                evidence=found.restore.output,
            )
        if difference := _difference(found.before, found.restored):
            return wrong(
                f"The volume {volume} isn't as it was.",
                "Compare what a container sees in it before and after: find /folder",
                evidence=difference,
            )
        return passed("Every file is back.")

    def owners(attempt: Attempt) -> Outcome:
        found = story(attempt).restored or {}
        lines = [
            f"{name}: {_owner(was)} before, {_owner(found[name])} now"
            for name, was in story(attempt).before.items()
            # Nobody asks for a link's owner, and some tars don't set it.
            if was.kind != tarfile.SYMTYPE and (was.owner, was.mode) != (found[name].owner, found[name].mode)
        ]
        if not lines:
            return passed("Owners and modes are as they were.")
        return wrong(
            "Files came back with another owner or mode: their program can't use them any more.",
            "Which tool keeps owners? tar does when it unpacks as root, and cp does with -a.",
            misconception="M08",
            evidence="\n".join(lines),
        )

    return (
        Rule("backs-up", f"{backup} leaves a backup in its folder", backs_up),
        Rule("restores", f"{restore} makes the volume again", restores, needs=("backs-up",)),
        Rule("owners", "Owners and modes are as they were", owners, needs=("restores",)),
    )


def _story(attempt: Attempt, on: Stage, volume: str, backup: str, restore: str) -> Story:
    session = on(attempt)
    session.door.volume(volume)
    real = session.names.real(volume)
    before = _fill(attempt, real)
    folder = _names(attempt)
    ended = session.run(backup)
    kept, work = (found or {} for found in read(attempt, real, session.work))
    left = bool(set(work) - folder - {""})
    if ended.code or not left or kept != before:
        return Story(before, kept, left, ended, None, None)
    session.clear()  # the machine is lost: all but the folder
    again = session.run(restore)
    return Story(before, kept, left, ended, read(attempt, real)[0], again)


def _names(attempt: Attempt) -> set[str]:
    """The paths in the learner's folder as it was handed in."""
    return {str(path.relative_to(attempt.folder)) for path in attempt.folder.rglob("*")}


def _fill(attempt: Attempt, volume: str) -> Files:
    """Puts things into the volume, and gives what it holds then."""
    word = attempt.word
    things = [
        ("", tarfile.DIRTYPE, "", 0o2750, (1000, 1000)),
        (f"letters-{word}", tarfile.DIRTYPE, "", 0o700, (1000, 1000)),
        (f"letters-{word}/to Ada.txt", tarfile.REGTYPE, f"dear Ada, {word}", 0o640, (1000, 1000)),
        (f"letters-{word}/empty", tarfile.REGTYPE, "", 0o400, (1001, 1000)),
        (f".index-{word}", tarfile.REGTYPE, f"hidden {word}", 0o600, (70, 70)),
        ("drafts", tarfile.DIRTYPE, "", 0o1777, (0, 0)),
        ("latest", tarfile.SYMTYPE, f"letters-{word}/to Ada.txt", 0o777, (1000, 1000)),
        ("print.sh", tarfile.REGTYPE, f"#!/bin/sh\necho {word}\n", 0o755, (0, 1000)),
    ]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, content, mode, (user, group) in things:
            entry = tarfile.TarInfo(f"{_ROOT}-0/{name}".rstrip("/"))
            entry.type, entry.mode, entry.uid, entry.gid = kind, mode, user, group
            entry.size = len(content) if kind == tarfile.REGTYPE else 0
            entry.linkname = content if kind == tarfile.SYMTYPE else ""
            tar.addfile(entry, io.BytesIO(content.encode()))
    with contextlib.closing(_Holder(attempt, volume)) as holder:
        holder.container.put_archive("/", buffer.getvalue())
        return holder.read(volume)


def read(attempt: Attempt, *volumes: str) -> list[Files | None]:
    """What is in each of the volumes, by path; "" is the volume itself. None if there is no such volume."""
    there = [volume for volume in volumes if _is_there(attempt, volume)]
    if not there:
        return [None] * len(volumes)
    with contextlib.closing(_Holder(attempt, *there)) as holder:
        found = {volume: holder.read(volume) for volume in there}
    return [found.get(volume) for volume in volumes]


def _is_there(attempt: Attempt, volume: str) -> bool:
    try:
        attempt.client.volumes.get(volume)
    except NotFound:
        return False
    return True


class _Holder:
    """A container of ours that mounts volumes and never starts. It is closed soon: it holds them."""

    def __init__(self, attempt: Attempt, *volumes: str) -> None:
        self._roots = {volume: f"{_ROOT}-{number}" for number, volume in enumerate(volumes)}
        self.container = attempt.create(
            IMAGE,
            ["true"],
            network=None,
            network_mode="none",
            volumes={volume: {"bind": f"/{root}", "mode": "rw"} for volume, root in self._roots.items()},
        )

    def read(self, volume: str) -> Files:
        """What is in one of them, by path."""
        root, found, size = self._roots[volume], Files(), 0
        chunks, _ = self.container.get_archive(f"/{root}")
        with (
            contextlib.closing(Stream(iter(chunks))) as stream,
            tarfile.open(fileobj=cast("Any", stream), mode="r|") as tar,
        ):
            for entry in tar:
                size += entry.size
                file = tar.extractfile(entry) if entry.isreg() and size < _MOST else None
                content = file.read() if file else entry.linkname.encode("utf-8", "surrogateescape")
                name = entry.name.removeprefix(root).strip("/")
                found[name] = File(entry.type, content, entry.mode, (entry.uid, entry.gid))
        return found

    def close(self) -> None:
        """Lets the volumes go."""
        self.container.remove(force=True)


def _difference(before: Files, after: Files) -> str:
    lines = [f"missing: {name}" for name in before if name not in after]
    lines += [f"new: {name}" for name in after if name not in before]
    lines += [
        f"changed: {name}"
        for name, was in before.items()
        if name in after and (was.kind, was.content) != (after[name].kind, after[name].content)
    ]
    return "\n".join(lines)


def _owner(file: File) -> str:
    return f"{file.owner[0]}:{file.owner[1]} {file.mode:04o}"


def _ended(script: str, ended: Ended) -> Outcome:
    return wrong(
        f"{script} ends with exit code {ended.code}.",
        "The first line of the output that tells of an error is the one to look at.",
        evidence=ended.output,
    )
