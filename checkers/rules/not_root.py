"""Nothing in the container runs as root: judged by the kernel's own list of its processes, not by the text.

An inherited USER passes, and so does a start as root that steps down (gosu, setpriv, su-exec) before it
serves; a USER in another stage changes nothing, and a supervisor that stays root is seen.
"""

from __future__ import annotations

from collections.abc import Callable

from checkers.attempt import Attempt
from checkers.processes import Process, processes
from checkers.rules import web
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from course.dockerfile import Instruction, parse


def not_root(
    start: Callable[[Attempt], Running] = web.start, *, needs: tuple[str, ...] = ("builds", "answers")
) -> Rule:
    """No process of the container that `start` gives is root, nor can become it again. `needs` names the rule
    after which the app surely serves: until then a start as root may be on its way down."""

    def check(attempt: Attempt) -> Outcome:
        running = start(attempt)
        found = processes(attempt, running)
        if not found:
            return web.gone(running, running.ending())
        roots = [one for one in found if one.is_root]
        if roots:
            return _root(attempt, found, roots)
        first = found[0]
        return passed(f"Process 1 runs as user {first.uids[1]}.", evidence="\n".join(map(str, found)))

    return Rule("not-root", "Nothing in the container runs as root", check, needs=needs)


def numeric_user(*, steps_down: bool = False) -> Rule:
    """The image's USER is a number other than 0; with `steps_down` also root's or none, where what starts
    steps down by itself (`not_root` says whether it does).

    Kubernetes' runAsNonRoot looks at that alone: a name could be anybody's (kubernetes,
    pkg/kubelet/kuberuntime/security_context.go)."""

    def check(attempt: Attempt) -> Outcome:
        tag = attempt.build().tag
        user = str(attempt.client.images.get(tag).attrs["Config"].get("User") or "")
        name = user.partition(":")[0]
        if name.isdecimal() and int(name) != 0:
            return passed(f"The image's user is {name}.")
        starts_as_root = not name or name == "root" or name.isdecimal()
        if starts_as_root and steps_down:
            return passed("The image starts as root, and what starts steps down.")
        if starts_as_root:
            return wrong(
                f"The image's user is {user or 'not set, which is root'}.",
                "What runs the image may refuse it before its first process could step down. USER takes a "
                "number, such as 10001.",
                line=_line(_users(attempt)),
            )
        return wrong(
            f"The image's user is {user!r}, a name.",
            "Who starts the image can't know that this name isn't root's: only the image's own /etc/passwd "
            "says. USER takes the number, too.",
            line=_line(_users(attempt)),
        )

    title = "USER is a number, not a name" if steps_down else "USER is a number, and not root's"
    return Rule("numeric-user", title, check, needs=("builds", *(("not-root",) * steps_down)))


def _root(attempt: Attempt, found: tuple[Process, ...], roots: list[Process]) -> Outcome:
    users = _users(attempt)
    last = max((one.stage for one in parse(_text(attempt)) if one.keyword == "FROM"), default=0)
    seen = "\n".join(map(str, found))
    if len(roots) < len(found):
        other = next(one for one in found if not one.is_root)
        return wrong(
            f"Root is still there: {roots[0]}, beside {other}.",
            "What starts the app stays beside it. It should step down itself, or become the app: `exec`.",
            line=_line(parse(_text(attempt)), "ENTRYPOINT", "CMD"),
            evidence=seen,
        )
    if users and users[-1].stage != last:
        return wrong(
            f"The app runs as root. Line {users[-1].line}, USER {users[-1].args}, is about another stage.",
            "A stage begins anew with its FROM. USER holds for the stage that it stands in.",
            line=users[-1].line,
            evidence=seen,
        )
    return wrong(
        "The app runs as root, user 0: root in the container, and on the host if it gets out.",
        "Which instruction says as whom the image's processes run? It needs no account: a number will do.",
        line=_line(users),
        evidence=seen,
    )


def _users(attempt: Attempt) -> list[Instruction]:
    return [one for one in parse(_text(attempt)) if one.keyword == "USER"]


def _line(instructions: list[Instruction] | tuple[Instruction, ...], *keywords: str) -> int | None:
    """The line of the last of them, to point at."""
    found = [one.line for one in instructions if not keywords or one.keyword in keywords]
    return found[-1] if found else None


def _text(attempt: Attempt) -> str:
    return (attempt.folder / "Dockerfile").read_text(encoding="utf-8-sig", errors="replace")
