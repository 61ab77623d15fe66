"""Mutations of a Compose file: each key dropped, with all beneath it, and each item of a list.

YAML's own parser says where each key stands; the text is cut there. So comments, anchors, tags and quotes
stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from checkers.bank.mutations.change import Change, short


def changes(text: str) -> Iterator[Change]:
    """`drop services.app.healthcheck` with all beneath it, then each key of that, and so on; items are called
    by what they say. What is written in flow style, {…} or […], goes with its key alone."""
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None:
        yield from _beneath(root, lines, "")


def _beneath(node: Any, lines: list[str], path: str) -> Iterator[Change]:
    entries = list(_entries(node))
    for number, (key, value) in enumerate(entries):
        name = f"[{short(_said(lines, key))}]" if key is value else f"{'.' * bool(path)}{key.value}"
        first, column = key.start_mark.line, key.start_mark.column
        last = first if _elsewhere(value, key) else _last_line(value)
        dash = "" if key is value else lines[first][:column]
        if not dash.strip():
            yield Change(f"drop {path}{name}", _joined(lines[:first] + lines[last + 1 :]))
        elif number + 1 < len(entries):  # "- key:": the dash goes to the next key
            following = entries[number + 1][0].start_mark
            instead = dash + lines[following.line][following.column :]
            changed = [*lines[:first], instead, *lines[following.line + 1 :]]
            yield Change(f"drop {path}{name}", _joined(changed))
        if last > first or dash.strip():
            yield from _beneath(value, lines, f"{path}{name}")


def _entries(node: Any) -> Iterator[tuple[Any, Any]]:
    """Key and value of each entry of a block; an item is its own key."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        yield from node.value
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        yield from ((item, item) for item in node.value if not _elsewhere(item, node))


def _elsewhere(value: Any, user: Any) -> bool:
    """Whether it is an alias, *name: the parser then gives what the anchor names, where the anchor stands."""
    return bool(value.start_mark.index < user.start_mark.index)


def _said(lines: list[str], item: Any) -> str:
    return lines[int(item.start_mark.line)][int(item.start_mark.column) :]


def _last_line(node: Any) -> int:
    """The last line of a value, from 0. The parser ends a block where the next word begins."""
    if entries := list(_entries(node)):
        key, value = entries[-1]
        return int(key.start_mark.line) if _elsewhere(value, key) else _last_line(value)
    if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
