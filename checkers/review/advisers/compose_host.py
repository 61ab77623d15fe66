"""Services that are given the host: privileges, its namespaces, the engine's socket, its folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checkers.review.advice import Advice, Severity
from checkers.review.pointing import line_of
from checkers.review.seen import Seen

_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock")
_SYSTEM = ("/", "/etc", "/root", "/home", "/var", "/usr", "/boot", "/dev", "/proc", "/sys", "/var/lib/docker")
_STRONG = {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "NET_ADMIN"}


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each service and kind."""
    for name, service in seen.compose.services.items() if seen.compose else ():
        for word, message, severity in _given(service):
            yield Advice(
                "compose-host",
                "No service is given the host",
                severity,
                f"{name}: {message}",
                "Give it the one capability, device or folder that it needs, read-only where it only reads.",
                line=line_of(seen.compose, name, word) if seen.compose else None,
                file=seen.compose.file if seen.compose else "",
                lesson="01_containers.ipynb#Container-and-virtual-machine",
            )


def _given(service: Mapping[str, Any]) -> Iterator[tuple[str, str, Severity]]:
    if service.get("privileged"):
        yield "privileged", "privileged: root in it is root on the host, devices included.", Severity.SERIOUS
    for mount in service.get("volumes") or ():
        source = str(mount.get("source") or "")
        if source.endswith(_SOCKETS):
            yield (
                source.rpartition("/")[2],
                f"{source} is mounted: who can write to it can start a privileged container, even where it "
                "is mounted read-only.",
                Severity.SERIOUS,
            )
        elif mount.get("type") == "bind" and source in _SYSTEM:
            yield source, f"the host's {source} is mounted.", Severity.SERIOUS
    for key in ("network_mode", "pid", "ipc", "userns_mode"):
        if service.get(key) == "host":
            yield key, f"{key}: host. It shares that with the host and all that runs there.", Severity.ADVICE
    if strong := sorted(_STRONG.intersection(service.get("cap_add") or ())):
        yield "cap_add", f"cap_add: {', '.join(strong)}, with which it can get out.", Severity.ADVICE
