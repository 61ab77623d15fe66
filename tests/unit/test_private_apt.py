"""apt as the course runs it: what it takes over from the host, what it leaves, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from course.engine.embedded import private_apt

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt")

HOST = """\
Acquire::http::Proxy "http://proxy.lan:3128";
Acquire::https::Verify-Peer "true";
Acquire::Check-Valid-Until "false";
Acquire::AllowInsecureRepositories "true";
APT::Update::Pre-Invoke { "touch HOOK"; };
Dir::Etc::sourcelist "/etc/theirs";
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private configuration on a host with settings of its own, for a repository that nobody signed."""
    (tmp_path / "host.conf").write_text(HOST.replace("HOOK", str(tmp_path / "hook")))
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "host.conf"))
    release = tmp_path / "repository/dists/any"
    (release / "main/binary-all").mkdir(parents=True)
    (release / "main/binary-all/Packages").touch()
    (release / "Release").write_text("Suite: any\nComponents: main\nArchitectures: all\n")
    archives = [(f"file:{tmp_path}/repository", "any")]
    private_apt.configure(tmp_path / "apt", archives, tmp_path / "keys.gpg", {"APT::Architecture": "s390x"})
    return tmp_path / "apt"


def apt(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = private_apt.environment(folder)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_only_the_way_to_the_network_is_the_hosts(folder: Path) -> None:
    settings = apt(folder, "apt-config", "dump").stdout
    for taken in (
        'Acquire::http::Proxy "http://proxy.lan:3128"',
        'Acquire::Check-Valid-Until "false"',
        'Acquire::https::Verify-Peer "true"',
        'APT::Architecture "s390x"',
    ):
        assert taken in settings
    for left in ('AllowInsecureRepositories "true"', "Pre-Invoke", "theirs"):
        assert left not in settings


def test_what_nobody_signed_is_refused(folder: Path) -> None:
    updated = apt(folder, "apt-get", "update")
    assert updated.returncode != 0
    assert "is not signed" in updated.stderr
    assert not (folder.parent / "hook").exists()
    assert not [path for path in (folder / "state/lists").iterdir() if path.is_file() and "any" in path.name]
