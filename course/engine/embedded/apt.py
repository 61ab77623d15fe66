"""The engine's packages by a private apt (see `private_apt`). No keyring, no download."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course.engine.embedded import private_apt
from course.errors import PackageError


@dataclass(frozen=True)
class Package:
    """A package as it can be fetched."""

    name: str
    version: str
    size: int  # bytes to download


class Apt:
    """apt for one suite of one mirror, all of whose state lies in `folder`."""

    def __init__(self, folder: Path, suite: str, mirror: str) -> None:
        self.folder, self.suite, self.mirror = folder, suite, mirror

    def update(self, progress: Callable[[float], None]) -> None:
        """Fetches and verifies the suite's list of packages. `progress` is told percent.

        Raises PackageError.
        """
        self._configure()
        self._run(["apt-get", "update"], f"Debian's package list ({self.suite})", progress)

    def available(self, names: list[str]) -> list[Package]:
        """Those of `names` that the suite has, in its newest version, in the order of `names`."""
        run = subprocess.run(
            ["apt-cache", "--no-all-versions", "show", *names],
            env=private_apt.environment(self.folder),
            capture_output=True,
            text=True,
            check=False,  # it fails when one of the names is unknown, which is no error here
        )
        found = {}
        for stanza in run.stdout.split("\n\n"):
            fields = dict(re.findall(r"^(Package|Version|Size): (.+)$", stanza, re.MULTILINE))
            if len(fields) == 3:
                found[fields["Package"]] = Package(fields["Package"], fields["Version"], int(fields["Size"]))
        return [found[name] for name in names if name in found]

    def download(
        self, packages: list[Package], target: Path, progress: Callable[[float], None]
    ) -> list[Path]:
        """Fetches `packages` into `target` and returns their files. Raises PackageError."""
        names = [f"{one.name}={one.version}" for one in packages]
        self._run(["apt-get", "download", *names], ", ".join(names), progress, cwd=target)
        return sorted(target.glob("*.deb"))

    def _configure(self) -> None:
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise PackageError(
                "The course's engine comes from Debian packages, and this system has no apt and dpkg.",
                hint="Install Docker Engine with this system's own tools: https://docs.docker.com/engine/install/",
            )
        keyring = private_apt.keyring()
        if keyring is None:
            raise PackageError(
                "Debian's keyring is missing; without it no package could be verified.",
                hint="Run: sudo apt-get install debian-archive-keyring   then: course up",
            )
        settings = {
            "Acquire::Retries": "2",
            # sid's list is signed for a week, and a classroom's mirror is often older; apt has this setting
            # for it. The signature is verified all the same.
            "Acquire::Min-ValidTime": str(90 * 24 * 3600),  # seconds
        }
        private_apt.configure(self.folder, [(self.mirror, self.suite)], keyring, settings)

    def _run(
        self, command: list[str], what: str, progress: Callable[[float], None], cwd: Path | None = None
    ) -> None:
        log = self.folder / "apt.log"
        read_end, write_end = os.pipe()
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "-o", f"APT::Status-Fd={write_end}"],
                env=private_apt.environment(self.folder),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(write_end,),
            )
        os.close(write_end)
        with process, os.fdopen(read_end, errors="replace") as lines:
            try:
                for line in lines:  # dlstatus:1:16.6667:Retrieving file 1 of 6
                    fields = line.split(":", 3)
                    if fields[0] == "dlstatus" and len(fields) == 4:
                        progress(float(fields[2]))
                code = process.wait()
            except BaseException:
                process.terminate()
                raise
        if code != 0:
            raise failure(log.read_text(errors="replace"), what)


def failure(output: str, what: str) -> PackageError:
    """The error behind apt's own output. `what` was to be fetched."""
    errors = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err:"))]
    detail = "\n".join((errors or output.splitlines())[-8:])
    for pattern, fact, hint in _FAILURES:
        if re.search(pattern, output, re.IGNORECASE):
            return PackageError(f"{what} could not be fetched: {fact}", hint=hint, detail=detail)
    return PackageError(
        f"{what} could not be fetched.", hint="Read apt's words above. Then: course up", detail=detail
    )


_FAILURES = (
    (
        "not valid yet|expired|EXPKEYSIG",
        "a signature is out of date, or this machine's clock is wrong.",
        "Compare `date` with the real time; update the keys: sudo apt-get install debian-archive-keyring",
    ),
    (
        "NO_PUBKEY|not signed|BADSIG|couldn't be verified|not authenticated|cannot be authenticated",
        "its signature is not one of Debian's.",
        "Don't use that mirror. Update the keys: sudo apt-get install debian-archive-keyring",
    ),
    (
        "Hash Sum mismatch|unexpected size",
        "what arrived is not what Debian signed. The mirror is being updated, or a proxy's copy is old.",
        "Try again in some minutes: course up",
    ),
    ("No space left", "the disk is full.", "Free some space in the cache's file system, then: course up"),
    (
        "Could not resolve|Temporary failure resolving|Could not connect|Connection timed out"
        "|Connection refused|Unable to connect|Network is unreachable|connection failed",
        "the mirror can't be reached.",
        "Check the network and proxy (http_proxy, /etc/apt/apt.conf.d), or set COURSE_ENGINE_MIRROR.",
    ),
    (
        "404 *Not Found|does not have a Release file",
        "the mirror doesn't have it.",
        "Set COURSE_ENGINE_MIRROR.",
    ),
)
