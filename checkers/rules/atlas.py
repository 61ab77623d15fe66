"""The atlas answers from the charts that it was built with, as the user asked for, and keeps its count."""

from __future__ import annotations

import re

from checkers.attempt import Attempt
from checkers.projects import sea_charts
from checkers.rules.base import Outcome, Rule, passed, wrong

_USER = re.compile(r"^visit (\d+), by user (\d+)$", re.MULTILINE)


def answers(user: int) -> Rule:
    """Two charts of the attempt's own archive are found, and the visit is written by `user`."""

    def check(attempt: Attempt) -> Outcome:
        for number in (3, 31):
            said = sea_charts.ask(attempt, attempt.build().tag, number)
            if f"Chart {number:04}: {attempt.word} {number}, " not in said:
                return wrong(
                    "The charts were other ones before the build, and the image doesn't know them.",
                    "The build must make the index of charts.tar.gz.",
                    evidence=said[:300],
                )
            match = _USER.search(said)
            if match is None or match[2] != str(user):
                return wrong(
                    f"The atlas is run by user {match[2] if match else '?'}, not {user}.",
                    "USER holds for its own stage only, and for what comes after it.",
                    evidence=said[:300],
                )
        return passed(f"It knows the charts, and runs as user {user}.")

    return Rule("answers", f"It answers, as user {user}", check, needs=("builds",), apart=True)
