"""Packages of Debian's archive, fetched and verified by a private apt (`course.engine.embedded.private_apt`).

The stand-ins are made from these packages, so that their builds need no network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.engine.embedded import private_apt
from course.engine.embedded.sources import mirrors, read
from course.errors import StandInFailed

SUITE = "trixie"
_ETC = Path("/etc/apt")
_SECURITY = "http://deb.debian.org/debian-security"
_FRESH = 12 * 3600  # seconds that the archive's index is trusted: a security update removes what it replaces
_INST = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)", re.MULTILINE)
_HINT = "Take the images from a bundle (course images load FILE) or a registry (COURSE_REGISTRY)."


@dataclass(frozen=True)
class Mirror:
    """Where the host gets Debian from."""

    main: str
    security: str

    def sources(self) -> str:
        """For an image: /etc/apt/sources.list.d/debian.sources."""
        signed = "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp"
        return (
            f"Types: deb\nURIs: {self.main}\nSuites: {SUITE} {SUITE}-updates\nComponents: main\n{signed}\n\n"
            f"Types: deb\nURIs: {self.security}\nSuites: {SUITE}-security\nComponents: main\n{signed}\n"
        )


class Archive:
    """Debian's archive for one CPU architecture, as Debian names it. Not safe for two processes at once."""

    def __init__(self, folder: Path, arch: str) -> None:
        """`folder` keeps index and packages. Raises StandInFailed where the host has no apt or no keyring."""
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise StandInFailed("Stand-ins need apt, and this machine has none.", hint=_HINT)
        self._folder = folder / arch
        self.arch = arch
        self.mirror = host_mirror()
        self._configure()

    def files(self, packages: Iterable[str]) -> dict[str, Path]:
        """Package → .deb, of `packages` and all they depend on; fetched if need be. The first ones to
        resolve are Debian's essential packages, which every system has.

        Raises StandInFailed when apt cannot fetch or verify them.
        """
        wanted = ["?essential", *packages]
        self._refresh(_FRESH)
        found = self._resolve(wanted)
        if not all(path.exists() for path in found.values()):
            try:
                self._apt("install", "--yes", "--download-only", *wanted)
            except StandInFailed:
                self._refresh(0)  # the index may name what a newer version has replaced
                found = self._resolve(wanted)
                self._apt("install", "--yes", "--download-only", *wanted)
        return found

    def version(self, package: str) -> str:
        """The version that `files` gives, as Debian writes it."""
        match = re.search(rf"^Inst {re.escape(package)} \((\S+)", self._simulate([package]), re.MULTILINE)
        if not match:
            raise StandInFailed(f"Debian {SUITE} has no package {package}.")
        return match[1]

    def _resolve(self, wanted: Sequence[str]) -> dict[str, Path]:
        folder = self._folder / "cache/archives"
        return {
            name: folder / f"{name}_{version.replace(':', '%3a')}_{arch}.deb"
            for name, version, arch in _INST.findall(self._simulate(wanted))
        }

    def _simulate(self, wanted: Sequence[str]) -> str:
        return self._apt("install", "--simulate", *wanted)

    def _refresh(self, max_age: float) -> None:
        stamp = self._folder / "refreshed"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < max_age:
            return
        self._apt("update")
        stamp.touch()

    def _configure(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        archives = (
            (self.mirror.main, SUITE),
            (self.mirror.main, f"{SUITE}-updates"),
            (self.mirror.security, f"{SUITE}-security"),
        )
        settings = {
            "APT::Architecture": self.arch,
            "APT::Architectures": self.arch,
            "APT::Install-Recommends": "false",
        }
        keyring = private_apt.keyring() or self._fetch_keyring()
        private_apt.configure(self._folder, archives, keyring, settings)

    def _fetch_keyring(self) -> Path:
        # Ubuntu has Debian's keyring as a package, signed by its own keys.
        target = self._folder / "keyring"
        command = ["apt-get", "download", "debian-archive-keyring"]
        result = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, errors="replace", check=False
        )
        found = next(self._folder.glob("debian-archive-keyring_*.deb"), None)
        if result.returncode or found is None:
            raise StandInFailed(
                "Debian's signing keys are missing on this machine.",
                hint="Run: apt-get install debian-archive-keyring",
                detail=result.stderr[-1000:],
            )
        subprocess.run(["dpkg-deb", "-x", str(found), str(target)], check=True, capture_output=True)
        return target / "usr/share/keyrings/debian-archive-keyring.gpg"

    def _apt(self, *arguments: str) -> str:
        command = ["apt-get", "--quiet", *arguments]
        result = subprocess.run(
            command,
            env=private_apt.environment(self._folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if result.returncode:
            raise StandInFailed(
                f"apt could not fetch Debian {SUITE}'s packages from {self.mirror.main}.",
                hint=f"See whether apt-get update works on this machine. Or: {_HINT}",
                detail=result.stderr.strip()[-2000:],
            )
        return result.stdout


def host_mirror() -> Mirror:
    """Where the host gets Debian from; Debian's own addresses where it is none."""
    return Mirror(mirrors()[0], security_mirror(source.uri for source in read(_ETC)))


def security_mirror(uris: Iterable[str]) -> str:
    """The one among `uris` that mirrors Debian's security archive; Debian's own where none does."""
    for uri in (uri.rstrip("/") for uri in uris):
        if re.fullmatch(r"https?://([^@]*/debian-security|security\.debian\.org)", uri):
            return uri
    return _SECURITY


def debian_arch(engine_arch: str) -> str:
    """Debian's name of an engine's architecture (`GOARCH`, or the kernel's as Podman says it)."""
    names: Mapping[str, str] = {
        "x86_64": "amd64",
        "aarch64": "arm64",
        "arm": "armhf",
        "386": "i386",
        "ppc64le": "ppc64el",
    }
    return names.get(engine_arch, engine_arch)
