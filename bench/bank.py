"""How many answers of the bank a machine checks in a minute, with one process and with two."""

from __future__ import annotations

from bench._measure import interleaved
from checkers.bank.answers import answers, disagreements
from checkers.bank.pool import verdicts

TARGETS = {"ratio": ">= 1.6"}
# Quick ones and slow ones, right ones and wrong ones, in an order in which neither worker gets all of a kind.
_SAMPLE = (
    ("03-signals", "wrong/shell-form"),
    ("01-run-right", "right/one-line"),
    ("01-run-right", "wrong/megabytes"),
    ("03-signals", "right/no-script"),
    ("02-from-scratch", "right/stage-by-number"),
    ("02-from-scratch", "wrong/cmd"),
    ("03-first-dockerfile", "right/shell-form"),
    ("03-first-dockerfile", "wrong/own-host-only"),
    ("03-entrypoint-cmd", "right/start-in-python"),
    ("03-entrypoint-cmd", "wrong/cmd-only"),
    ("04-dockerignore", "right/allow-list"),
    ("04-dockerignore", "wrong/quoted"),
)
_ROUNDS = 3


def run() -> dict[str, float]:
    """Answers a minute with one worker and with two, by the medians of runs in turn, and two ÷ one."""
    bank = {(one.submission.exercise, one.submission.name): one for one in answers()}
    sample = {id(bank[key].submission): bank[key] for key in _SAMPLE}

    def all_with(workers: int) -> None:
        for submission, report in verdicts((one.submission for one in sample.values()), workers):
            problems = disagreements(sample[id(submission)], report)
            assert not problems, (submission.name, problems)  # noqa: S101  a wrong verdict has no speed

    one, two = interleaved(lambda: all_with(1), lambda: all_with(2), _ROUNDS)
    count = 60 * len(sample)
    return {"one_a_minute": count / one, "two_a_minute": count / two, "ratio": one / two}
