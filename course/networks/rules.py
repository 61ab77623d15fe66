"""The packet rules that publishing a port makes, as iptables lists them on the engine's own machine."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from course.engine.embedded.firewall import Table, save
from course.networks.model import Published


@dataclass(frozen=True)
class Rules:
    """One published port in the kernel's tables. `recorded` is "" for rules that were read just now."""

    published: Published
    rewrite: str  # in the table nat: the packet gets the container's address
    accept: str  # in the table filter: it may be forwarded
    recorded: str = ""  # why they are those of another day


# Read on Engine 28.5.2 with iptables 1.8.9.
_RECORDED = Rules(
    Published("0.0.0.0", 32768, "80/tcp"),  # noqa: S104
    "-A DOCKER ! -i br-a5f60a03859b -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.18.0.3:80",
    "-A DOCKER -d 172.18.0.3/32 ! -i br-a5f60a03859b -o br-a5f60a03859b -p tcp -m tcp --dport 80 -j ACCEPT",
)


def publishing_rules(published: Published) -> Rules:
    """The two rules for a published port; recorded ones, with the reason, where this process can't see them.

    The rules live in the engine's network namespace, and only root may list them. A rootless engine, Docker
    Desktop and an engine on another machine have theirs elsewhere; Engine 29 can be told to use nftables.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return _recorded("Only root may list packet rules.")
    tables = save("iptables")
    found = find(published, tables.get("nat", Table()).rules, tables.get("filter", Table()).rules)
    return found or _recorded("The engine's rules are not in this machine's iptables.")


def find(published: Published, nat: Sequence[str], filters: Sequence[str]) -> Rules | None:
    """The rules of that port among those of two tables; None when there is none."""
    port = re.compile(rf"--dport {published.host_port} .*-j DNAT --to-destination (\S+):(\d+)$")
    for rewrite in nat:
        match = port.search(rewrite)
        if match and rewrite.startswith("-A DOCKER "):
            wanted = (f" -d {match[1]}/32 ", f" --dport {match[2]} ", "-j ACCEPT")
            accept = next((rule for rule in filters if all(part in rule for part in wanted)), "")
            return Rules(published, rewrite, accept)
    return None


def _recorded(why: str) -> Rules:
    return Rules(_RECORDED.published, _RECORDED.rewrite, _RECORDED.accept, why)
