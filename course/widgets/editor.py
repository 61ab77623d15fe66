"""What the editor in an exercise panel asks of the kernel, and what it is answered.

Each question bears an `id`, and its answer bears it too. An answer holds what was asked for, or a `problem`
with a `hint`; `changed` says that another program wrote the file meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course.editing import Desk
from course.errors import CourseError, FileChanged

Answer = dict[str, Any]


def files(folder: Path | None) -> list[Answer]:
    """The working copy's files as the page gets them; none before there is a copy."""
    return [asdict(file) for file in Desk(folder).files()] if folder and folder.is_dir() else []


def answer(folder: Path, question: Mapping[str, Any]) -> Answer | None:
    """The answer to a question about the files in `folder`; None where it isn't one of the editor's."""
    act = _ACTS.get(_word(question, "do"))
    if act is None:
        return None
    name = _word(question, "name")
    try:
        found = act(Desk(folder), name, question)
    except FileChanged as error:
        found = {"problem": str(error), "hint": error.hint, "changed": True}
    except CourseError as error:
        found = {"problem": str(error), "hint": error.hint}
    return {"answer": question.get("id"), **found}


def _read(desk: Desk, name: str, _: Mapping[str, Any]) -> Answer:
    text, version = desk.read(name)
    return {"text": text, "version": version}


def _save(desk: Desk, name: str, question: Mapping[str, Any]) -> Answer:
    return {"version": desk.save(name, _word(question, "text"), _word(question, "version"))}


def _create(desk: Desk, name: str, _: Mapping[str, Any]) -> Answer:
    desk.create(name)
    return {}


def _delete(desk: Desk, name: str, _: Mapping[str, Any]) -> Answer:
    return {"kept": desk.delete(name).as_posix()}


def _list(_: Desk, __: str, ___: Mapping[str, Any]) -> Answer:
    return {}  # the panel sends the list itself with each answer


_ACTS: dict[str, Callable[[Desk, str, Mapping[str, Any]], Answer]] = {
    "list": _list,
    "read": _read,
    "save": _save,
    "create": _create,
    "delete": _delete,
}


def _word(question: Mapping[str, Any], key: str) -> str:
    value = question.get(key)
    return value if isinstance(value, str) else ""
