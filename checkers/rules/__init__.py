"""One reusable check a file. Each file holds a function that gives a `Rule`; a plan puts rules in order."""

from checkers.rules.base import Outcome, Rule, passed, wrong

__all__ = ["Outcome", "Rule", "passed", "wrong"]
