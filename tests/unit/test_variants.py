"""Variants of a learner's folder: what the checker edits, and that an edit never leaves the copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkers.folder import copy_folder, vary
from checkers.limits import DEFAULT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of a folder with a file, a folder, and links of three kinds."""
    own = tmp_path / "own"
    (own / "src").mkdir(parents=True)
    (own / "src" / "app.py").write_text("theirs")
    (own / "file").write_text("theirs")
    (own / "inside").symlink_to("src")
    (own / "absolute").symlink_to(own / "src")
    (own / "also.py").symlink_to("src/app.py")
    copy_folder(own, tmp_path / "copy", DEFAULT)
    return tmp_path / "copy"


@pytest.mark.parametrize(
    "name", ["src/app.py", "new/deep/file", "inside/app.py", "absolute/app.py", "also.py", "file/x", "src"]
)
def test_an_edit_is_in_the_variant_and_nowhere_else(tmp_path: Path, copied: Path, name: str) -> None:
    vary(copied, tmp_path / "variants" / "one", {name: b"ours"})
    assert (tmp_path / "variants" / "one" / name).read_bytes() == b"ours"
    for untouched in (tmp_path / "own", copied):
        assert (untouched / "src" / "app.py").read_text() == "theirs"
        assert (untouched / "file").read_text() == "theirs"
