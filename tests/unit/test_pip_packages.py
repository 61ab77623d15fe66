"""Source packages that the checker makes for pip: pip's own view of them is tested by the exercise's bank."""

from __future__ import annotations

import io
import tarfile

import pytest

from checkers import pip
from checkers.projects import galley, own_files

BACKEND = b"def build_wheel(*_): ...\n"


def test_a_package_is_named_as_pip_looks_for_it() -> None:
    name, content = pip.source_package("spice-dill", "1.7", BACKEND)
    assert name == "spice_dill-1.7.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert tar.getnames() == ["spice_dill-1.7/pyproject.toml", "spice_dill-1.7/backend.py"]
    assert pip.member(content, "backend.py") == BACKEND
    assert b'name = "spice-dill"\nversion = "1.7"' in pip.member(content, "pyproject.toml")
    with pytest.raises(KeyError):
        pip.member(content, "setup.py")


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert pip.source_package("a", "1", BACKEND) == pip.source_package("a", "1", BACKEND)
    assert pip.source_package("a", "1", BACKEND) != pip.source_package("a", "2", BACKEND)


def test_the_exercise_s_packages_are_made_the_same_way() -> None:
    files = own_files("05-cache-mount")
    backend = pip.member(files["packages/spice_basil-1.0.tar.gz"], "backend.py")
    for name in galley.SPICES:
        file, content = pip.source_package(name, "1.0", backend)
        assert pip.member(content, "pyproject.toml") == pip.member(
            files[f"packages/{file}"], "pyproject.toml"
        )


def test_every_attempt_has_versions_of_its_own() -> None:
    one, other = galley.files("0000000a"), galley.files("0000000b")
    assert {"packages/spice_basil-1.10.tar.gz", "packages/spice_cumin-1.10.tar.gz"} <= one.keys()
    assert one["requirements.txt"] == b"spice-basil==1.10\nspice-cumin==1.10\n"
    assert other["requirements.txt"] != one["requirements.txt"]
    assert set(galley.one_more("spice-dill", "0000000a")) == {
        "requirements.txt",
        *(f"packages/spice_{name}-1.10.tar.gz" for name in ("basil", "cumin", "dill")),
    }
