"""Mutations of a Dockerfile: each instruction dropped, swapped with the next, and spelt in other ways."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from checkers.bank.mutations import forms
from checkers.bank.mutations.change import Change, short
from course.dockerfile import Instruction, parse


@dataclass(frozen=True)
class _Text:
    """A Dockerfile's lines and its instructions."""

    lines: tuple[str, ...]
    instructions: tuple[Instruction, ...]

    def of(self, one: Instruction) -> list[str]:
        """The lines of an instruction, its heredocs too."""
        return list(self.lines[one.line - 1 : one.end])

    def said(self, one: Instruction) -> str:
        """An instruction as part of a name."""
        return short(" ".join((one.keyword, *one.flags, one.args)))

    def instead(self, one: Instruction, new: list[str]) -> str:
        """The whole text with `new` in an instruction's place."""
        return _joined([*self.lines[: one.line - 1], *new, *self.lines[one.end :]])


def changes(text: str) -> Iterator[Change]:
    """All of them, in the order of the file."""
    found = _Text(tuple(text.splitlines()), parse(text))
    for one in found.instructions:
        yield Change(f"drop {found.said(one)}", found.instead(one, []))
    for one, following in itertools.pairwise(found.instructions):
        between = found.lines[one.end : following.line - 1]  # comments keep their place
        swapped = [*found.of(following), *between, *found.of(one)]
        new = _joined([*found.lines[: one.line - 1], *swapped, *found.lines[following.end :]])
        yield Change(f"swap {found.said(one)} | {found.said(following)}", new)
        if one.keyword == following.keyword == "RUN" and forms.plain(one) and forms.plain(following):
            joined = [f"RUN {one.args} && {following.args}"]
            new = _joined([*found.lines[: one.line - 1], *joined, *found.lines[following.end :]])
            yield Change(f"one RUN: {found.said(one)} | {found.said(following)}", new)
    for one in found.instructions:
        if len(found.of(one)) > 1 and not one.body:
            yield Change(f"on one line: {found.said(one)}", found.instead(one, [_flat(one)]))
        for name, new_lines in forms.of(one):
            yield Change(f"{name}: {found.said(one)}", found.instead(one, [*new_lines, *_body(found, one)]))


def _flat(one: Instruction) -> str:
    return " ".join((one.keyword, *one.flags, one.args))


def _body(found: _Text, one: Instruction) -> list[str]:
    """The heredocs of an instruction with their ends, which follow whatever its first line becomes."""
    count = one.body.count("\n") + 2 if one.body else 0
    return found.of(one)[-count:] if count else []


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
