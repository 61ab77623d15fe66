"""What must stay out of an image stays out of its build: in no layer, and not even sent to the builder.

The checker puts files with contents of the attempt's own into the learner's folder, where secrets and
leftovers lie on a real machine, and looks for these contents. How they are kept out is the learner's choice.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import xxhash

from checkers.attempt import Attempt
from checkers.limits import size
from checkers.rules.base import Outcome, Rule, passed, wrong
from course.layers import Image

Junk = Callable[[str], Mapping[str, bytes]]
"""For an attempt's random word: the files to keep out, path → content."""
_MANY = 8  # paths that a report shows


def in_no_layer(junk: Junk) -> Rule:
    """No layer of the image holds one of the contents, under whatever name, also not a hidden one."""

    def check(attempt: Attempt) -> Outcome:
        return judge_layers(attempt.layers(), junk(attempt.word), _ignore_file(attempt))

    return Rule("layers", "Nothing of the list is in any layer", check, needs=("builds",), apart=True)


def not_sent(junk: Junk) -> Rule:
    """The build context, as a `COPY . .` would see it, holds none of the files."""

    def check(attempt: Attempt) -> Outcome:
        return judge_context(attempt.sent(), junk(attempt.word), _ignore_file(attempt))

    return Rule("context", "Nothing of the list is sent to the builder", check, needs=("builds",))


def naming(rule: Rule, needed: Sequence[str]) -> Rule:
    """The same rule; where it finds a fault, and an ignore file keeps files out that the app needs, these are
    named."""

    def check(attempt: Attempt) -> Outcome:
        outcome = rule.check(attempt)
        if outcome.right:
            return outcome
        sent = set(attempt.sent())
        missing = [path for path in needed if path not in sent]
        if not missing:
            return outcome
        hint = f"The ignore file keeps {_listed(missing)} out, and the app needs that. {outcome.hint}"
        return dataclasses.replace(outcome, hint=hint)

    return dataclasses.replace(rule, check=check)


def judge_layers(image: Image, junk: Mapping[str, bytes], ignore: str | None) -> Outcome:
    """Which of the contents are in the image's layers, by whose doing, and whether a container sees them."""
    names = {xxhash.xxh3_128_hexdigest(content): path for path, content in junk.items()}
    found = [
        (layer, entry, names[entry.digest])
        for layer in image.layers
        for entry in layer.entries
        if entry.digest in names
    ]
    if not found:
        return passed(f"None of the {len(junk)} files is in the image's {len(image.layers)} layers.")
    seen = [
        path
        for layer, entry, path in found
        if (node := image.tree.get(entry.path)) and node.layer == layer.index
    ]
    total = sum(entry.size for _, entry, _ in found)
    evidence = "\n".join(
        f"/{entry.path}  {size(entry.size)}, by {layer.instruction[:40]}" for layer, entry, _ in found[:_MANY]
    ) + ("\n…" if len(found) > _MANY else "")
    if not seen:
        return wrong(
            f"{_listed([path for _, _, path in found])} can't be seen in the container, and can be read "
            f"in the image all the same: {size(total)}, in a layer below the one that deletes it.",
            "A layer is never changed again; deleting only hides. What isn't sent to the build can't get in: "
            "that is what .dockerignore is for.",
            misconception="M06",
            line=found[0][0].line,
            evidence=evidence,
        )
    return wrong(
        f"The image holds {_listed(sorted(set(seen)))}: {size(total)} in all.",
        _hint(ignore, seen),
        line=found[0][0].line,
        evidence=evidence,
    )


def judge_context(sent: Iterable[str], junk: Mapping[str, bytes], ignore: str | None) -> Outcome:
    """Which of the files the ignore file leaves to the builder."""
    there = sorted(set(sent) & junk.keys())
    if not there:
        return passed("The build context holds nothing of the list.")
    total = sum(len(junk[path]) for path in there)
    return wrong(
        f"The build is given {_listed(there)}: {size(total)}. A COPY of the folder would take it.",
        _hint(ignore, there),
        evidence="\n".join(there[:_MANY]) + ("\n…" if len(there) > _MANY else ""),
    )


def _hint(ignore: str | None, left: Sequence[str]) -> str:
    """What to look at next, by what stands in the ignore file. It explains; it decides nothing."""
    if ignore is None:
        return "There is no .dockerignore beside the Dockerfile. It lists what a build is not given."
    lines = [line.strip() for line in ignore.splitlines()]
    if commented := next((line for line in lines if re.search(r"^[^#].*\s#", line)), ""):
        return f"# begins a comment only at the start of a line. Here it is part of a name: {commented}"
    for line in lines:
        if deep := _below(line, left):
            return (
                f"A pattern is looked for in the top folder, and not in those below it: {line} doesn't fit "
                f"{deep}. `**/` stands for any folder."
            )
    if any(line.startswith("!") for line in lines):
        return "The last pattern that fits a file decides. Does a line with ! bring it back?"
    return "Each line is a path from the top folder, with * within a name and ** for any number of folders."


def _below(line: str, left: Sequence[str]) -> str:
    """A file that the pattern would fit if it were one of .gitignore, which looks in all folders."""
    name = line.strip("/")
    if not name.strip("*") or "/" in name or name[0] in "#!":
        return ""
    return next(
        (path for path in left if any(fnmatch.fnmatch(part, name) for part in path.split("/")[1:])), ""
    )


def _ignore_file(attempt: Attempt) -> str | None:
    """The first that is there counts."""
    own = attempt.text("Dockerfile.dockerignore")
    return own if own is not None else attempt.text(".dockerignore")


def _listed(paths: Sequence[str]) -> str:
    names = list(dict.fromkeys(paths))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
