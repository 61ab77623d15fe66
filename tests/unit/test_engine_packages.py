"""Where the embedded engine's packages come from: apt's sources, suites, and apt's own complaints."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.engine.embedded import packages
from course.engine.embedded.apt import Package, failure
from course.engine.embedded.sources import DEFAULT_MIRROR, Source, deb822_entries, mirrors, one_line_entries
from course.errors import PackageError

ONE_LINE = [
    ("deb http://m/debian trixie main contrib", [Source("http://m/debian", "trixie", ("main", "contrib"))]),
    (
        "deb [arch=amd64 signed-by=/k.gpg] http://m/debian sid main # x",
        [Source("http://m/debian", "sid", ("main",))],
    ),
    ("# deb http://m/debian trixie main", []),
    ("deb-src http://m/debian trixie main", []),
    ("deb http://m/flat ./", [Source("http://m/flat", "./", ())]),
    ("", []),
    ("rubbish", []),
]


@pytest.mark.parametrize(("text", "want"), ONE_LINE)
def test_one_line_sources(text: str, want: list[Source]) -> None:
    assert list(one_line_entries(text)) == want


DEB822 = [
    (
        "Types: deb\nURIs: http://m/debian\nSuites: sid sid-up\nComponents: main\nSigned-By: /k.gpg\n",
        [Source("http://m/debian", "sid", ("main",)), Source("http://m/debian", "sid-up", ("main",))],
    ),
    ("Types: deb\n# a remark\nURIs:\n http://a/debian\n http://b/debian\nSuites: sid\nComponents: main\n",
     [Source("http://a/debian", "sid", ("main",)), Source("http://b/debian", "sid", ("main",))]),
    ("Types: deb-src\nURIs: http://m/debian\nSuites: sid\nComponents: main\n", []),
    ("Enabled: no\nTypes: deb\nURIs: http://m/debian\nSuites: sid\nComponents: main\n", []),
    (
        "Types: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\n\n\n"
        "types: deb deb-src\nuris: http://b/debian\nsuites: sid\ncomponents: main\n",
        [Source("http://a/debian", "sid", ("main",)), Source("http://b/debian", "sid", ("main",))],
    ),
    ("", []),
    ("-----BEGIN PGP", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), DEB822)
def test_deb822_sources(text: str, want: list[Source]) -> None:
    assert list(deb822_entries(text)) == want


MIRRORS = [
    # the machine's own mirror goes first, whatever its scheme; the well-known one stays as the fallback
    ("deb http://mirror.lan/debian/ bookworm main", ["http://mirror.lan/debian", DEFAULT_MIRROR]),
    ("deb https://mirror.lan/debian stable main", ["https://mirror.lan/debian", DEFAULT_MIRROR]),
    (f"deb {DEFAULT_MIRROR} bookworm main", [DEFAULT_MIRROR]),
    # no full mirror of the archive
    ("deb http://mirror.lan/debian-security bookworm-security main", [DEFAULT_MIRROR]),
    ("deb http://mirror.lan/debian-bookworm bookworm main", [DEFAULT_MIRROR]),
    ("deb http://snapshot.debian.org/archive/debian/20250520T000000Z bookworm main", [DEFAULT_MIRROR]),
    ("deb http://archive.ubuntu.com/ubuntu noble main", [DEFAULT_MIRROR]),
    ("deb https://download.docker.com/linux/debian bookworm stable", [DEFAULT_MIRROR]),
    ("deb cdrom:[Debian]/debian bookworm main", [DEFAULT_MIRROR]),
    ("", [DEFAULT_MIRROR]),
]


@pytest.mark.parametrize(("text", "want"), MIRRORS)
def test_mirrors(tmp_path: Path, text: str, want: list[str]) -> None:
    (tmp_path / "sources.list").write_text(text)
    assert mirrors(tmp_path) == want


def test_mirrors_in_a_file_of_their_own(tmp_path: Path) -> None:
    """As Debian's cloud images have it."""
    (tmp_path / "mirrors.list").write_text("# first\nhttps://cdn.lan/debian\nhttps://other.lan/debian\n")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(
        f"Types: deb\nURIs: mirror+file://{tmp_path}/mirrors.list\nSuites: trixie\nComponents: main\n"
    )
    (tmp_path / "sources.list.d/ignored.save").write_text("deb http://old.lan/debian trixie main")
    assert mirrors(tmp_path) == ["https://cdn.lan/debian", DEFAULT_MIRROR]


def test_no_sources_at_all(tmp_path: Path) -> None:
    assert mirrors(tmp_path / "nowhere") == [DEFAULT_MIRROR]


@pytest.mark.parametrize(
    ("asked", "want"),
    [
        ("", ("unstable", "trixie")),
        ("trixie", ("trixie",)),
        ("sid", ("unstable",)),
        ("bookworm", ("bookworm",)),
    ],
)
def test_suites(monkeypatch: pytest.MonkeyPatch, asked: str, want: tuple[str, ...]) -> None:
    monkeypatch.setenv("COURSE_ENGINE_SUITE", asked)
    assert packages.suites() == want


def test_unknown_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_ENGINE_SUITE", "woody")
    with pytest.raises(PackageError, match="woody") as caught:
        packages.suites()
    assert "trixie" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "store"),
    [
        ("28.5.2+dfsg4-5", "containerd"),
        ("29.0.0-1", "containerd"),
        ("26.1.5+dfsg1-9", "overlay2"),
        ("20.10.24", "overlay2"),
    ],
)
def test_store_of_a_version(version: str, store: str) -> None:
    """26.1 can't build from a tar body with the containerd store."""
    assert packages.Unpacked(Path("/x"), "any", version).store == store


def test_cached_prefers_the_first_suite_and_ignores_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_ENGINE_SUITE", raising=False)
    folder = tmp_path / "cache/engine"
    for name in ("trixie-26.1.5", ".new-abc", ".apt-unstable", "tools-unstable-28.5.2"):
        (folder / name).mkdir(parents=True)
    engine, tools = packages.cached("engine"), packages.cached("tools")
    assert engine is not None
    assert (engine.suite, engine.version) == ("trixie", "26.1.5")
    assert tools is not None
    assert (tools.suite, tools.version) == ("unstable", "28.5.2")
    (folder / "unstable-28.5.2").mkdir()
    engine = packages.cached("engine")
    assert engine is not None
    assert engine.suite == "unstable"
    monkeypatch.setenv("COURSE_ENGINE_SUITE", "bookworm")
    assert packages.cached("engine") is None


class Offers:
    """An apt whose mirror has one version of everything."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.fetched: list[Path] = []

    def __call__(self, folder: Path, suite: str, mirror: str) -> Offers:
        self.suite, self.mirror = suite, mirror
        return self

    def update(self, progress: object) -> None:
        if self.suite != "trixie":
            raise PackageError("no such suite here")

    def available(self, names: list[str]) -> list[Package]:
        return [Package(name, self.version, 1) for name in names]

    def download(self, found: list[Package], target: Path, progress: object) -> list[Path]:
        self.fetched.append(target)
        return []


@pytest.mark.parametrize(
    ("offered", "taken"),
    [("26.1.5-9", False), ("26.1.5-9+b1", True), ("26.1.5-8", False), ("26.1.10-1", True)],
)
def test_an_upgrade_takes_only_what_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offered: str, taken: bool
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_ENGINE_SUITE", raising=False)
    here = tmp_path / "cache/engine/trixie-26.1.5-9"
    here.mkdir(parents=True)
    apt = Offers(offered)
    monkeypatch.setattr(packages, "Apt", apt)
    monkeypatch.setattr(packages, "_check_libc", lambda: None)
    monkeypatch.setattr(packages, "_try_out", lambda program: None)
    monkeypatch.setattr(packages, "_extract", lambda debs, tree: tree.mkdir())
    found = packages.newest("engine")
    assert (found.suite, found.version) == ("trixie", offered if taken else "26.1.5-9")
    assert bool(apt.fetched) == taken
    assert here.exists()  # the old one may be running
    assert packages.cached("engine") == found
    packages.drop_older(found)
    assert here.exists() != taken


def test_an_upgrade_never_falls_back_to_an_older_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_ENGINE_SUITE", raising=False)
    (tmp_path / "cache/engine/unstable-28.5.2").mkdir(parents=True)
    apt = Offers("99.0")
    monkeypatch.setattr(packages, "Apt", apt)
    monkeypatch.setattr(packages, "_check_libc", lambda: None)
    with pytest.raises(PackageError):
        packages.newest("engine")
    assert apt.suite == "unstable"
    assert not apt.fetched


COMPLAINTS = [
    ("E: Failed to fetch http://m/InRelease  Could not resolve 'm'", "can't be reached"),
    (
        "Err:1 http://m sid InRelease\n  Could not connect to m:80 (1.2.3.4), connection timed out",
        "can't be reached",
    ),
    (
        "W: GPG error: http://m sid InRelease: signatures couldn't be verified: NO_PUBKEY 0E98404D386FA1D9",
        "signature",
    ),
    ("E: The repository 'http://m sid InRelease' is not signed.", "signature"),
    ("E: Release file for http://m/InRelease is not valid yet (invalid for another 3h)", "clock"),
    ("E: Failed to fetch http://m/p.deb  Hash Sum mismatch", "not what Debian signed"),
    ("E: The repository 'http://m sid Release' does not have a Release file.", "doesn't have it"),
    ("E: Write error - write (28: No space left on device)", "disk is full"),
    ("E: something new", "could not be fetched"),
    ("", "could not be fetched"),
]


@pytest.mark.parametrize(("output", "words"), COMPLAINTS)
def test_apts_complaints(output: str, words: str) -> None:
    error = failure(output, "docker.io")
    assert words in str(error)
    assert "docker.io" in str(error)
    assert error.hint
    assert error.detail in output
