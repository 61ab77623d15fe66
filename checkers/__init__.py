"""Autograding: a learner's files are built, inspected, run and probed, and the verdict says what was seen."""

from checkers.result import CheckResult, Report, Status
from checkers.runner import check

__all__ = ["CheckResult", "Report", "Status", "check"]
