"""What a build does again after an edit of the code: the dependencies should not be part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen
from course.trace import StepStory

# What these commands do doesn't depend on the code. The words only name the step: that it ran again was seen.
_INSTALLS = re.compile(
    r"\b(?:pip3?|uv(?: pip)?|pipx|pipenv|poetry) (?:install|sync)|python3? -m pip install"
    r"|\bnpm (?:ci|install|i)\b|\byarn(?: install)?(?: |$)|\bpnpm (?:install|i)\b"
    r"|\bapt(?:-get)? (?:-\S+ )*install|\bapk (?:-\S+ )*add|\b(?:dnf|yum|microdnf) (?:-\S+ )*install"
    r"|\bgo mod (?:download|vendor)|\bcargo fetch|\bbundle install|\bcomposer install|dependency:go-offline"
    r"|\bdotnet restore|\bmix deps.get"
)
_LONG = 20.0  # seconds of other steps that are worth a note


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    if seen.story is None:
        return
    again = [one for one in seen.story.ran if one.outcome == "rerun" and one.instruction.startswith("RUN")]
    installs = [one for one in again if _INSTALLS.search(one.instruction)]
    if installs:
        yield _reinstalled(seen, installs)
        return
    spent = sum(one.seconds for one in again)
    if spent > _LONG:
        longest = max(again, key=lambda one: one.seconds)
        yield Advice(
            "edit-slow",
            "A code edit is built again quickly",
            Severity.NOTE,
            f"{seen.edited} was edited, and the steps that ran again took {spent:.0f} s.",
            "Does the longest need all that was copied before it? What it compiles can be kept between "
            "builds: RUN --mount=type=cache",
            longest.text(),
            longest.line,
            seen.dockerfile,
            lesson="05_cache_and_buildkit.ipynb#Mounts:-there-while-a-step-runs,-and-never-in-the-image",
        )


def _reinstalled(seen: Seen, installs: list[StepStory]) -> Advice:
    first, story = installs[0], seen.story
    kept = all("--mount=type=cache" in one.instruction for one in installs)
    spent = sum(one.seconds for one in installs)
    return Advice(
        "edit-reinstalls",
        "A code edit doesn't reinstall the dependencies",
        Severity.NOTE if kept else Severity.ADVICE,
        f"{seen.edited} was edited, and the build installed again what the edit has nothing to do with"
        + (f", for {spent:.1f} s" if spent >= 0.1 else "")
        + (". A cache mount keeps the downloads, at least." if kept else "."),
        "Copy what the installation reads (requirements.txt, package.json and its lock file, go.mod …), "
        "install, and only then copy the code.",
        story.text() if story else "",
        first.line,
        seen.dockerfile,
        lesson="05_cache_and_buildkit.ipynb#The-order-of-the-lines",
    )
