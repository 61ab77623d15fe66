"""`Report` → JUnit XML, as Jenkins, GitLab and others read it: a testsuite an exercise, a testcase a check.

The elements and attributes are those of Jenkins' schema, junit-10.xsd of its xunit plugin; it has none for a
line, so that the line stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Tree

from checkers.render.words import lesson, place
from checkers.result import CheckResult, Report, Status

# What XML 1.0 can't hold in any spelling. A learner's program may print it.
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENT = {Status.FAIL: "failure", Status.ERROR: "error", Status.SKIP: "skipped"}
_COUNTED = {"failures": Status.FAIL, "errors": Status.ERROR, "skipped": Status.SKIP}


def junit(reports: Sequence[Report]) -> str:
    """One document for all reports."""
    suites = [_suite(report) for report in reports]
    root = Tree.Element("testsuites", {"name": "course"})
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", _seconds(sum(report.seconds for report in reports)))
    root.extend(suites)
    Tree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Tree.tostring(root, encoding="unicode")}\n'


def _suite(report: Report) -> Tree.Element:
    suite = Tree.Element("testsuite", {"name": _valid(report.exercise), "tests": str(len(report.checks))})
    for name, status in _COUNTED.items():
        suite.set(name, str(sum(check.status is status for check in report.checks)))
    suite.set("time", _seconds(report.seconds))
    properties = Tree.SubElement(suite, "properties")
    known = {"status": str(report.status), "score": f"{report.score:.4f}"}
    known |= {f"engine.{key}": value for key, value in report.engine.items()}
    for name, value in known.items():
        Tree.SubElement(properties, "property", {"name": _valid(name), "value": _valid(value)})
    suite.extend(_case(report.exercise, check) for check in report.checks)
    return suite


def _case(exercise: str, check: CheckResult) -> Tree.Element:
    names = {"name": _valid(check.title), "classname": _valid(f"{exercise}.{check.id}")}
    case = Tree.Element("testcase", names | {"time": _seconds(check.seconds)})
    if check.status is not Status.PASS:
        ending = Tree.SubElement(case, _ELEMENT[check.status], {"message": _valid(check.message)})
        ending.set("type", check.misconception or str(check.status))
        ending.text = _valid("\n".join(_told(check)))
    return case


def _told(check: CheckResult) -> Iterator[str]:
    """The whole of what is known: whoever reads it, in a browser or a mail, can't ask again."""
    yield f"expected: {check.expected or check.title}"
    yield f"seen: {check.message}"
    if place(check):
        yield f"where: {place(check)}: {check.code}" if check.code else f"where: {place(check)}"
    for words in filter(None, (check.evidence, check.story)):
        yield from (f"| {line}" for line in words.split("\n"))
    if known := check.believed:
        yield f"belief: “{known.belief}” ({known.code})"
        yield f"in truth: {known.truth}"
        if known.taught:
            yield f"see it: {lesson(known)}"
    if check.hint:
        yield f"next: {check.hint}"


def _valid(words: str) -> str:
    """`words` with U+FFFD, the sign for what can't be shown, in the place of what XML can't hold."""
    return _INVALID.sub("\ufffd", words)


def _seconds(value: float) -> str:
    return f"{value:.3f}"
