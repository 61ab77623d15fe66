"""A private apt: its own sources, lists and state, so that nothing of the host's changes.

apt verifies everything: the suite's InRelease against Debian's own keyring, and each package against
the hashes that InRelease vouches for. Without the keyring there is no download.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course.errors import PackageError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Of the host's configuration only this is taken over: how to reach the network.
_NETWORK_OPTION = re.compile(r'^Acquire::(http|https|socks5h|ForceIPv[46])\b.*";$')


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
        self._config = folder / "apt.conf"

    def update(self, progress: Callable[[float], None]) -> None:
        """Fetches and verifies the suite's list of packages. `progress` is told percent.

        Raises PackageError.
        """
        self._write_configuration()
        self._run(["apt-get", "update"], f"Debian's package list ({self.suite})", progress)

    def available(self, names: list[str]) -> list[Package]:
        """Those of `names` that the suite has, in its newest version, in the order of `names`."""
        run = subprocess.run(
            ["apt-cache", "--no-all-versions", "show", *names],
            env=self._environment(),
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

    def _write_configuration(self) -> None:
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise PackageError(
                "The course's engine comes from Debian packages, and this system has no apt and dpkg.",
                hint="Install Docker Engine with this system's own tools: https://docs.docker.com/engine/install/",
            )
        if not KEYRING.is_file():
            raise PackageError(
                f"Debian's keyring {KEYRING} is missing; without it no package could be verified.",
                hint="Run: sudo apt-get install debian-archive-keyring   then: course up",
            )
        for name in ("lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/parts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text(
            f"deb [signed-by={KEYRING}] {self.mirror} {self.suite} main\n"
        )
        self._config.write_text(self._configuration())

    def _configuration(self) -> str:
        folder = self.folder
        settings = {
            "Dir::State": folder,
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Etc": folder / "etc",
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::parts": folder / "etc/parts",  # not the host's: it may hold hooks
            "Dir::Etc::main": "-",
            "Dir::Etc::trusted": "/dev/null",
            "Dir::Etc::trustedparts": "/dev/null",
            "Dir::Etc::netrc": "/etc/apt/auth.conf",  # a password for the mirror, where one is needed
            "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            # sid's list is signed for a week, and a classroom's mirror is often older; apt has this setting
            # for it. The signature is verified all the same.
            "Acquire::Min-ValidTime": str(90 * 24 * 3600),  # seconds
            "APT::Sandbox::User": "root",  # the user _apt could not write to our folder
            "APT::Update::Error-Mode": "any",  # a list that can't be fetched is an error, not a warning
        }
        lines = [f'{key} "{value}";' for key, value in settings.items()]
        return "\n".join([*lines, *_network_options()]) + "\n"

    def _run(
        self, command: list[str], what: str, progress: Callable[[float], None], cwd: Path | None = None
    ) -> None:
        log = self.folder / "apt.log"
        read_end, write_end = os.pipe()
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "-o", f"APT::Status-Fd={write_end}"],
                env=self._environment(),
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

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "APT_CONFIG": str(self._config),
            "LC_ALL": "C",
            "DEBIAN_FRONTEND": "noninteractive",
        }


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


def _network_options() -> list[str]:
    """How the host's apt reaches the network: its Acquire options on proxies, TLS and protocols."""
    run = subprocess.run(
        ["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in run.stdout.splitlines() if _NETWORK_OPTION.match(line)]
