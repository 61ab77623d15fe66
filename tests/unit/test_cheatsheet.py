"""The cheat sheet as it is stored, its page, and the command."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from course.cheatsheet import page, pdf, stored, to_json, to_pdf
from course.cli import cli
from course.errors import CourseError, InputError


def test_each_command_has_the_calls_that_it_makes() -> None:
    commands = [one for section in stored().sections for one in section.commands]
    assert len({one.run for one in commands}) == len(commands) > 40
    silent = [one.run for one in commands if not one.calls]
    assert silent == ["docker compose -p shop config --services"]
    for one in commands:
        for call in one.calls:
            assert re.fullmatch(r"(GET|HEAD|POST|PUT|DELETE) /\S+", call), call
            assert not re.search(r"[0-9a-f]{12}|sheet[0-9a-f]{8}", call), call


def test_what_is_stored_is_what_the_sheet_shows() -> None:
    path = Path(pdf.__file__).parent / "calls.json"
    assert to_json(stored()) == json.loads(path.read_text(encoding="utf-8"))


def test_the_page_loads_nothing_and_escapes_what_it_is_given() -> None:
    sheet = stored()
    first = sheet.sections[0]
    odd = dataclasses.replace(first.commands[0], does="<script>alert(1)</script>")
    odd_section = dataclasses.replace(first, commands=(odd,))
    text = page(dataclasses.replace(sheet, sections=(odd_section, *sheet.sections[1:])))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=|@import|url\(", text)
    assert text.count("<h1>") == 1


def test_the_command_writes_a_page_or_json(tmp_path: Path) -> None:
    target = tmp_path / "sheet.html"
    done = CliRunner().invoke(cli, ["cheatsheet", str(target)])
    assert done.exit_code == 0, done.output
    assert target.read_text(encoding="utf-8") == page(stored())
    done = CliRunner().invoke(cli, ["cheatsheet", "--json"])
    assert json.loads(done.stdout) == to_json(stored())


@pytest.mark.parametrize("name", ["sheet.txt", "no/such/folder/sheet.html"])
def test_a_file_that_it_cannot_write_is_told(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(cli, ["cheatsheet", str(tmp_path / name)])
    assert isinstance(done.exception, CourseError)
    assert done.exception.hint


def test_without_a_browser_the_way_to_paper_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "_ELSEWHERE", ())
    with pytest.raises(InputError, match="Chromium") as told:
        to_pdf(tmp_path / "sheet.html", tmp_path / "sheet.pdf")
    assert "print it" in told.value.hint


@pytest.mark.skipif(os.name == "nt", reason="a shell script is the browser")
def test_a_browser_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(InputError, match="no display"):
        to_pdf(tmp_path / "sheet.html", tmp_path / "sheet.pdf")
