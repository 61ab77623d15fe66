"""The health check: there, able to work in this image, and able to notice an app that hangs."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review.advice import Advice, Severity, from_outcome
from checkers.review.seen import Seen
from checkers.rules import health

_PATIENCE = 4  # seconds, as `watching` has it
_TITLE = "The health check tells a well app from an ill one"
_HEALTH = "03_dockerfiles.ipynb#Healthy,-or-only-running"
_ABSENT = "03_dockerfiles.ipynb#A-trap:-the-check's-tool-isn't-there"
_SURE = "03_dockerfiles.ipynb#A-trap:-the-check-that-can't-fail"


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one: the first that is wrong."""
    config = seen.config.get("Healthcheck") or {}
    if not config or (config.get("Test") or ["NONE"])[0] == "NONE":
        if seen.serves:
            yield _missing(seen)
        return
    slow = health.judge_config(config)
    found = seen.ran.health if seen.ran else None
    if found and not found.healthy and seen.ran and not seen.ran.ending:
        yield _never(seen)
    elif found and len(found.absent) > 1 and not any(found.absent):
        yield _blind(seen, "A container was started without the app, and the health check said healthy.")
    elif found and len(found.frozen) > 1 and not any(found.frozen):
        yield _blind(
            seen,
            "Every process of the app was stopped, as one that hangs is, and the health check went on saying "
            "healthy.",
        )
    elif not slow.right:
        yield _at(seen, from_outcome("health-slow", _TITLE, Severity.NOTE, slow, _HEALTH))


def _missing(seen: Seen) -> Advice:
    elsewhere = seen.compose is not None and any(
        "healthcheck" in service and "build" in service for service in seen.compose.services.values()
    )
    return Advice(
        "health-missing",
        "The image has a health check",
        Severity.NOTE,
        "The image has no health check: docker ps says “Up” of an app that answers nobody."
        + (" The Compose file has one." if elsewhere else ""),
        "HEALTHCHECK CMD … asks the app, with what is in the image. Kubernetes ignores it and has probes of "
        "its own.",
        line=seen.last("FROM"),
        file=seen.dockerfile,
        lesson=_HEALTH,
    )


def _never(seen: Seen) -> Advice:
    found = seen.ran.health.results if seen.ran and seen.ran.health else ()
    outcome = health.never_healthy(list(found), app="The app runs", patience=_PATIENCE)
    broken = bool(found and health.no_program(found[-1].output))
    advice = from_outcome(
        "health-broken",
        _TITLE,
        Severity.SERIOUS if broken else Severity.NOTE,
        outcome,
        _ABSENT if broken else _HEALTH,
    )
    if not broken:  # a check may well ask for a database that a container alone doesn't have
        text = f"{advice.message} It was run alone, with no other service and no settings of yours."
        advice = Advice(**{**vars(advice), "message": text})
    return _at(seen, advice)


def _blind(seen: Seen, message: str) -> Advice:
    return _at(
        seen,
        Advice(
            "health-blind",
            _TITLE,
            Severity.ADVICE,
            message,
            "The check must ask the app and wait for its answer, and every failure must reach the exit code. "
            "After `|| true` it is always 0; a process that is there, or a port that is open, may hang.",
            " ".join((seen.config.get("Healthcheck") or {}).get("Test") or ()),
            lesson=_SURE,
        ),
    )


def _at(seen: Seen, advice: Advice) -> Advice:
    line = seen.last("HEALTHCHECK")
    return Advice(**{**vars(advice), "line": line, "file": seen.dockerfile if line else ""})
