"""The single reasons for which a step misses the cache, each found by looking at both builds."""

from __future__ import annotations

import re

from course.trace.align import Match, Recipe, is_base
from course.trace.copied import excluded, select, sources
from course.trace.given import ContextFile
from course.trace.model import Vertex
from course.trace.scope import Scope, Setting, used
from course.trace.story import FileChange, Reason

_SECRET = re.compile(r"token|secret|passw|key|credential", re.IGNORECASE)
_MANY = 3  # files named in a sentence


def words(step: Vertex) -> str:
    """A step's instruction, of a FROM without the digest that BuildKit adds to it."""
    text = step.instruction or step.name
    return text.partition("@sha256:")[0] if is_base(step) else text


def short(step: Vertex, width: int = 40) -> str:
    """A step's words in a sentence, in quotes."""
    text = " ".join(words(step).split())
    return f"“{text if len(text) <= width else text[: width - 1] + '…'}”"


def base(step: Vertex, match: Match, before: Recipe, after: Recipe) -> Reason | None:
    """Why a FROM names another image than before; None if it's the same."""
    assert match.before is not None  # noqa: S101  the caller looked
    old, new = match.before.instruction or "", step.instruction or ""
    if old.partition("@sha256:")[0] != new.partition("@sha256:")[0]:
        found = _expanded(step, match, before, after)
        return found or Reason("instruction changed", f"it was {short(match.before)}", line=step.line)
    name = new.removeprefix("FROM ").partition("@sha256:")[0]
    words = f"{name.removeprefix('docker.io/').removeprefix('library/')} is another image than before"
    if old != new:
        return Reason("base changed", words, line=step.line)
    ids = [recipe.build.given.bases.get(name) if recipe.build.given else None for recipe in (before, after)]
    if all(ids) and ids[0] != ids[1]:
        return Reason("base changed", words, line=step.line)
    return None


def options(step: Vertex, before: Recipe, after: Recipe) -> list[Reason]:
    """What was asked for the whole build and is part of a step's key."""
    old, new = before.build.given, after.build.given
    if not old or not new:
        return []
    found = []
    if old.platform != new.platform:
        words = f"the platform changed from {old.platform or 'default'} to {new.platform or 'default'}"
        found.append(Reason("option changed", words, argument="platform"))
    if old.network != new.network and (step.instruction or "").upper().startswith("RUN"):
        words = f"the network changed from {old.network or 'default'} to {new.network or 'default'}"
        found.append(Reason("option changed", words, argument="network"))
    return found


def own(step: Vertex, match: Match, before: Recipe, after: Recipe) -> list[Reason]:
    """What of the step itself has changed: its words, what is in force there, the files it reads."""
    assert match.before is not None  # noqa: S101  the caller looked
    found: list[Reason] = []
    if match.how == "changed":
        found.append(Reason("instruction changed", f"it was {short(match.before)}", line=step.line))
    elif (reason := _expanded(step, match, before, after)) is not None:
        found.append(reason)
    if (step.instruction or "").upper().startswith("RUN") and match.how != "changed":
        known = {one.argument for one in found}
        found += [
            one for one in _in_force(step, match, before, after) if one.argument not in known or not known
        ]
    if match.how != "changed":
        found += _files(step, match.before, before, after)
    return _once(found)


def unknown(step: Vertex, before: Recipe, after: Recipe) -> Reason:
    """The reason where none was found, with what may lie behind it."""
    word = (step.instruction or "").upper()
    reads = sources(step.instruction or "")
    lists = [
        recipe.build.given is not None and recipe.build.given.context is not None
        for recipe in (before, after)
    ]
    if reads and not all(lists):
        return Reason(
            "unknown", "not known: a trace without the list of files sent can't tell", line=step.line
        )
    if word.startswith("ADD") and "://" in word.lower():
        return Reason("unknown", "not known: what the address gives may have changed", line=step.line)
    if before.instructions and after.instructions:
        words = "not known: nothing that was asked for changed, so its cache entry may have been removed"
        return Reason("unknown", words, line=step.line)
    return Reason("unknown", "not known: a trace without its Dockerfile tells too little", line=step.line)


def _expanded(step: Vertex, match: Match, before: Recipe, after: Recipe) -> Reason | None:
    """The same words in the Dockerfile, which mean something else now."""
    assert match.before is not None  # noqa: S101  the callers looked
    raw = after.raw(step)
    if raw is None or step.instruction == match.before.instruction:
        return None
    old, new = before.scope(match.before), after.scope(step)
    for name in sorted(used(" ".join([*raw.flags, raw.args, raw.body]))):
        if old.value(name) != new.value(name):
            return _variable(name, old, new, before, after)
    return None


def _in_force(step: Vertex, match: Match, before: Recipe, after: Recipe) -> list[Reason]:
    assert match.before is not None  # noqa: S101  the caller looked
    old, new = before.scope(match.before), after.scope(step)
    found = [
        _variable(name, Scope(old.args), Scope(new.args), before, after)
        for name in sorted({*old.args, *new.args})
        if _value(old.args.get(name)) != _value(new.args.get(name))
    ]
    for kind, then, now in (("ENV", old.env, new.env), ("", old.others, new.others)):
        for name in sorted({*then, *now}):
            if _value(then.get(name)) == _value(now.get(name)):
                continue
            if kind and any(one.argument in _behind(name, new, after) for one in found):
                continue  # the ENV says `$ARG`: the argument is the reason
            found.append(_setting(f"{kind} {name}".strip(), then.get(name), now.get(name)))
    return found


def _variable(name: str, old: Scope, new: Scope, before: Recipe, after: Recipe) -> Reason:
    """A variable's change: of a build argument, or of an ENV, which may again say `$ARG`."""
    if name in new.env or name in old.env:
        for inner in sorted(_behind(name, new, after)):
            if old.args.get(inner) != new.args.get(inner) and _value(old.args.get(inner)) != _value(
                new.args.get(inner)
            ):
                return _variable(inner, Scope(old.args), Scope(new.args), before, after)
        return _setting(f"ENV {name}", old.env.get(name), new.env.get(name))
    then, now = old.args.get(name), new.args.get(name)
    where = now.line if now else None
    place = f" (ARG on line {where})" if where else ""
    if _SECRET.search(name):
        words = f"the build argument {name} changed{place}"
    elif then is None:
        words = f"the build argument {name} is new{place}"
    elif now is None:
        words = f"the build argument {name} is gone"
    else:
        values = f"from {then.value or 'nothing'} to {now.value or 'nothing'}"
        words = f"the build argument {name} changed {values}{place}"
    return Reason("argument changed", words, argument=name, line=where)


def _setting(name: str, then: Setting | None, now: Setting | None) -> Reason:
    if now is None:
        return Reason("instruction changed", f"{name} is gone from the Dockerfile")
    how = "is new" if then is None else "changed"
    return Reason("instruction changed", f"{name} {how} on line {now.line}", line=now.line)


def _behind(name: str, scope: Scope, recipe: Recipe) -> set[str]:
    """The variables in the line that sets ENV `name`."""
    setting = scope.env.get(name)
    instruction = recipe.at(setting.line) if setting else None
    return used(instruction.args) if instruction else set()


def _files(step: Vertex, twin: Vertex, before: Recipe, after: Recipe) -> list[Reason]:
    old, new = before.build.given, after.build.given
    if not old or not new or old.context is None or new.context is None:
        return []
    changes = _changes(
        select(old.context, sources(twin.instruction or "")),
        select(new.context, sources(step.instruction or "")),
    )
    if not changes:
        return []
    words = "; ".join(map(str, changes[:_MANY]))
    if len(changes) > _MANY:
        words += f"; and {len(changes) - _MANY} more"
    if excluded(step.instruction or ""):
        words += " (unless its --exclude leaves them out)"
    return [Reason("file changed", words, files=tuple(changes), line=step.line)]


def _changes(old: dict[str, ContextFile], new: dict[str, ContextFile]) -> list[FileChange]:
    found = []
    for path in sorted({*old, *new}):
        then, now = old.get(path), new.get(path)
        if then == now:
            continue
        if then is None:
            found.append(FileChange(path, "added"))
        elif now is None:
            found.append(FileChange(path, "removed"))
        elif then.content != now.content or then.mode >> 12 != now.mode >> 12:
            found.append(FileChange(path, "changed"))
        else:
            found.append(FileChange(path, "mode", f"{then.mode & 0o7777:o} → {now.mode & 0o7777:o}"))
    return found


def _value(setting: Setting | None) -> str | None:
    return setting.value if setting else None


def _once(reasons: list[Reason]) -> list[Reason]:
    return list(dict.fromkeys(reasons))
