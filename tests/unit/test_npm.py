"""Packages that the checker makes for npm: what npm itself would accept, and nothing else changed."""

from __future__ import annotations

import base64
import hashlib
import json

from checkers import npm
from checkers.projects import own_files

FILES = own_files("05-cache-order")
PACKAGE = FILES["vendor/timetable-1.4.0.tgz"]


def test_a_repacked_package_differs_in_its_manifest_alone() -> None:
    again = npm.repack(PACKAGE, version="1.5.7", mark="m")
    before, after = npm.unpack(PACKAGE), npm.unpack(again)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {"package/package.json"}
    manifest = json.loads(after["package/package.json"])
    assert (manifest["version"], manifest["mark"], manifest["name"]) == ("1.5.7", "m", "timetable")


def test_the_same_files_give_the_same_bytes_and_another_mark_gives_others() -> None:
    one, same, other = (npm.repack(PACKAGE, version="1.5.7", mark=mark) for mark in ("a", "a", "b"))
    assert one == same != other


def test_a_project_asks_for_the_package_in_both_files() -> None:
    package = npm.repack(PACKAGE, version="1.5.7", mark="m")
    changed = npm.depend(FILES, "timetable", "1.5.7", package)
    manifest, lock = json.loads(changed["package.json"]), json.loads(changed["package-lock.json"])
    where = "file:vendor/timetable-1.5.7.tgz"
    assert manifest["dependencies"] == lock["packages"][""]["dependencies"] == {"timetable": where}
    entry = lock["packages"]["node_modules/timetable"]
    digest = base64.b64encode(hashlib.sha512(package).digest()).decode()
    assert (entry["resolved"], entry["version"], entry["integrity"]) == (where, "1.5.7", f"sha512-{digest}")
    assert changed["vendor/timetable-1.5.7.tgz"] == package


def test_the_exercise_s_own_lock_file_fits_its_package() -> None:
    same = npm.depend(FILES, "timetable", "1.4.0", PACKAGE)
    assert {name: json.loads(same[name]) for name in ("package.json", "package-lock.json")} == {
        name: json.loads(FILES[name]) for name in ("package.json", "package-lock.json")
    }


def test_what_a_learner_writes_is_not_put_back() -> None:
    assert "Dockerfile" not in FILES
    assert {"package.json", "src/board.js", "README.md"} <= FILES.keys()
