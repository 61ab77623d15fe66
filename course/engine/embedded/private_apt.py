"""A configuration of apt with sources, lists and state of its own, so that nothing of the host's changes.

Of the host's configuration it takes over how to reach the network, and logins for mirrors; hooks that are
set up there don't run. apt verifies everything: a suite's InRelease against the keyring, and each package
against the hashes that InRelease vouches for.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_HOSTS_OPTION = re.compile(
    r'Acquire::((https?|socks5h)::|Check-|Retries|AllowReleaseInfo|ForceIPv).* "[^"]+";$'
)


def keyring() -> Path | None:
    """Debian's signing keys, as the package debian-archive-keyring installs them; None without it."""
    return next((path for path in _KEYRINGS if path.is_file()), None)


def configure(
    folder: Path, archives: Iterable[tuple[str, str]], signed_by: Path, settings: Mapping[str, str]
) -> None:
    """Writes a configuration whose state lies in `folder`, for the component main of each of `archives`, a
    mirror's address and a suite, signed by the keyring `signed_by`. `settings` are more of apt's, by name.
    """
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    lines = [f"deb [signed-by={signed_by}] {mirror} {suite} main\n" for mirror, suite in archives]
    (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
    own = [f'{key} "{value}";' for key, value in {**_settings(folder), **settings}.items()]
    (folder / "apt.conf").write_text("\n".join([*own, *_hosts_options()]) + "\n", encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """The variables with which apt's programs use that configuration and no other, and speak English."""
    return os.environ | {
        "APT_CONFIG": str(folder / "apt.conf"),
        "LC_ALL": "C",
        "DEBIAN_FRONTEND": "noninteractive",
    }


def _settings(folder: Path) -> dict[str, str]:
    nothing = "/dev/null"  # also in place of a folder: the host's files of that kind aren't read
    return {
        "Dir": f"{folder}/none",
        "Dir::Etc::main": nothing,
        "Dir::Etc::parts": nothing,
        "Dir::Etc::sourcelist": f"{folder}/sources.list",
        "Dir::Etc::sourceparts": nothing,
        "Dir::Etc::preferences": nothing,
        "Dir::Etc::preferencesparts": nothing,
        "Dir::Etc::trusted": nothing,
        "Dir::Etc::trustedparts": nothing,
        "Dir::Etc::netrc": "/etc/apt/auth.conf",  # a password for the mirror, where one is needed
        "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
        "Dir::State": f"{folder}/state",
        "Dir::State::status": f"{folder}/status",
        "Dir::Cache": f"{folder}/cache",
        "APT::Sandbox::User": "root",  # the user _apt could not write to our folder
        "APT::Update::Error-Mode": "any",  # a list that can't be fetched is an error, not a warning
        "Acquire::Languages": "none",
    }


def _hosts_options() -> list[str]:
    """How the host's apt reaches the network: proxies, TLS, protocols, patience."""
    run = subprocess.run(
        ["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"],
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return [line for line in run.stdout.splitlines() if _HOSTS_OPTION.match(line)]
