"""JUnit XML, held against the elements and attributes of Jenkins' schema (xunit plugin, junit-10.xsd)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

import pytest

from checkers import render
from checkers.result import CheckResult, Report, Status


@dataclass(frozen=True)
class Shape:
    """What the schema allows in an element. Text only where it says so."""

    children: str = ""
    required: str = ""
    optional: str = ""
    text: bool = False


_ENDING = Shape(optional="type message", text=True)
SCHEMA = {
    "testsuites": Shape("testsuite", optional="name time tests failures errors"),
    "testsuite": Shape(
        "testsuite properties testcase system-out system-err",
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
    ),
    "properties": Shape("property"),
    "property": Shape(required="name value"),
    "testcase": Shape(
        "skipped error failure system-out system-err", required="name", optional="time classname group"
    ),
    "failure": _ENDING,
    "error": _ENDING,
    "skipped": _ENDING,
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def problems(element: Tree.Element) -> list[str]:
    """What the schema doesn't allow in the element and below it."""
    shape = SCHEMA.get(element.tag)
    if shape is None:
        return [f"unknown element {element.tag}"]
    found = [f"{element.tag} without {name}" for name in shape.required.split() if name not in element.attrib]
    allowed = f"{shape.required} {shape.optional}".split()
    found += [f"{element.tag} has {name}" for name in element.attrib if name not in allowed]
    found += [f"{one.tag} in {element.tag}" for one in element if one.tag not in shape.children.split()]
    if not TIME.fullmatch(element.get("time", "0.1")):
        found.append(f"time {element.get('time')}")
    if (element.text or "").strip() and not shape.text:
        found.append(f"text in {element.tag}")
    return found + [problem for one in element for problem in problems(one)]


def report(**more: object) -> Report:
    first = CheckResult(
        "a", "It works", Status.FAIL, "The fact.", "The hint.", "M06", 4, "last words", 0.25,
        expected="2.4 m", file="Dockerfile", code="RUN rm -r /data",
    )  # fmt: skip
    checks = (
        CheckResult("b", "Builds", Status.PASS, seconds=1.0),
        CheckResult(**{**first.__dict__, **more}),
        CheckResult("c", "Later", Status.SKIP, "Not looked at."),
        CheckResult("d", "Engine", Status.ERROR, "It broke.", "Run: course doctor"),
    )
    return Report("04-x", checks, {"version": "28.5.2", "store": "overlay2"}, 1234.5)


def tree(*reports: Report) -> Tree.Element:
    root = Tree.fromstring(render.junit(reports))  # noqa: S314  our own document
    assert problems(root) == []
    return root


def test_a_suite_an_exercise_and_a_case_a_check() -> None:
    root = tree(report(), Report("05-y", (CheckResult("a", "A", Status.PASS),)))
    assert root.attrib == {
        "name": "course", "tests": "5", "failures": "1", "errors": "1", "time": "1234.500",
    }  # fmt: skip
    suite, other = root
    assert (suite.get("name"), other.get("name")) == ("04-x", "05-y")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    cases = suite.findall("testcase")
    assert [[one.tag for one in case] for case in cases] == [[], ["failure"], ["skipped"], ["error"]]
    assert [case.get("classname") for case in cases] == ["04-x.b", "04-x.a", "04-x.c", "04-x.d"]


def test_the_score_is_a_property() -> None:
    found = {one.get("name"): one.get("value") for one in tree(report()).iter("property")}
    assert found == {
        "status": "error", "score": "0.2500", "engine.version": "28.5.2", "engine.store": "overlay2",
    }  # fmt: skip


def test_a_failure_tells_all() -> None:
    failure = next(tree(report()).iter("failure"))
    assert failure.get("message") == "The fact."
    assert failure.get("type") == "M06"
    said = (failure.text or "").splitlines()
    assert said[:4] == [
        "expected: 2.4 m", "seen: The fact.", "where: Dockerfile, line 4: RUN rm -r /data", "| last words",
    ]  # fmt: skip
    assert "next: The hint." in said
    assert any("notebooks/04_layers.ipynb" in line for line in said)


EVIL = "a\x00b\x0bc\ud800d\ufffee]]>&<b>\"'\U0001f980\t\x1b[2J"


@pytest.mark.parametrize("field", ["title", "message", "evidence", "hint", "code", "id", "expected"])
def test_what_xml_cannot_hold_is_replaced(field: str) -> None:
    root = tree(report(**{field: EVIL}))
    found = [*root.itertext(), *(value for one in root.iter() for value in one.attrib.values())]
    kept = "a\ufffdb\ufffdc\ufffdd\ufffde]]>&<b>\"'\U0001f980\t\ufffd[2J"
    assert any(kept in words for words in found)
    render.junit([report(**{field: EVIL})]).encode("utf-8")


def test_no_reports_are_a_document_too() -> None:
    assert list(tree()) == []


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("<testsuites><suite/></testsuites>", "suite in testsuites"),
        ("<testsuites skipped='1'/>", "testsuites has skipped"),
        ("<testsuite name='a' tests='1' failures='0'/>", "testsuite without errors"),
        ("<testcase name='a' line='4'/>", "testcase has line"),
        ("<testcase name='a' time='1e-05'/>", "time 1e-05"),
        ("<testcase name='a'>words</testcase>", "text in testcase"),
    ],
)
def test_the_schema_catches(document: str, problem: str) -> None:
    assert problem in problems(Tree.fromstring(document))  # noqa: S314
