"""Which Debian mirrors to ask: the one that this machine's own apt uses, then deb.debian.org.

apt's sources come in two spellings, both described in sources.list(5): one line an entry
(`deb [options] URI suite component…`) and deb822 stanzas (`Types:`, `URIs:`, `Suites:`, `Components:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_MIRROR = "http://deb.debian.org/debian"
_DEBIAN_SUITES = {
    *("stable", "testing", "unstable", "sid", "oldstable", "oldoldstable"),
    *("bullseye", "bookworm", "trixie", "forky", "duke"),
}


@dataclass(frozen=True)
class Source:
    """One entry of apt's sources."""

    uri: str
    suite: str
    components: tuple[str, ...]


def mirrors(etc: Path = Path("/etc/apt")) -> list[str]:
    """The mirrors to try, in order, without trailing slashes. Never empty."""
    found = [DEFAULT_MIRROR]
    for source in read(etc):
        uri = _resolve(source.uri)
        # Only a full mirror of the archive has other suites too. One made for a single suite
        # (…/debian-bookworm), a snapshot or the security archive has not.
        if (
            uri.startswith(("http://", "https://"))
            and uri.endswith("/debian")
            and source.suite in _DEBIAN_SUITES
            and "main" in source.components
            and "snapshot" not in uri
        ):
            found.insert(0, uri)
            break
    return list(dict.fromkeys(found))


def read(etc: Path) -> list[Source]:
    """The enabled binary entries of `etc`/sources.list and `etc`/sources.list.d, in apt's order."""
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    found: list[Source] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if file.suffix == ".list":
            found.extend(one_line_entries(text))
        elif file.suffix == ".sources":
            found.extend(deb822_entries(text))
    return found


def one_line_entries(text: str) -> Iterator[Source]:
    """The entries of a sources.list file."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            uri, suite, components = match.groups()
            yield Source(uri, suite, tuple(components.split()))


def deb822_entries(text: str) -> Iterator[Source]:
    """The entries of a .sources file; each URI with each suite of a stanza is one."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in (
            "no",
            "false",
        ):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, tuple(fields.get("components", "").split()))


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace():  # a continued field
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _resolve(uri: str) -> str:
    """The address itself; for `mirror+file:` (Debian's cloud images), the first one in the file it names."""
    if uri.startswith("mirror+file:"):
        try:
            lines = Path(uri.removeprefix("mirror+file:").replace("//", "/")).read_text().splitlines()
        except OSError:
            return ""
        uri = next((line.split()[0] for line in lines if line.strip() and not line.startswith("#")), "")
    return uri.rstrip("/")
