"""iptables: what an engine added since it was started, and taking exactly that away again.

dockerd leaves its chains, NAT rules and bridges behind when it stops. What was there before is kept.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import subprocess
from dataclasses import dataclass, field
from shutil import which

from course.engine.embedded.links import BRIDGE_NAME

TOOLS = ("iptables", "ip6tables")
_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Engine 28 guards ports published on loopback with such rules, which name neither bridge nor network.
_LOOPBACK_GUARD = re.compile(r"^-A PREROUTING -d 127\.0\.0\.\S+ ! -i lo .*-j DROP$")


@dataclass(frozen=True)
class Table:
    """A table of iptables, as iptables-save prints it."""

    policies: dict[str, str] = field(default_factory=dict)  # chain → policy; "-" for a chain that was added
    rules: tuple[str, ...] = ()  # "-A FORWARD -o docker0 -j DOCKER"


def save(tool: str) -> dict[str, Table]:
    """All tables of `tool`, or an empty dict where it is missing or the kernel lacks its modules."""
    program = which(f"{tool}-save", path=_SEARCH_PATH)
    if not program:
        return {}
    run = subprocess.run([program], capture_output=True, text=True, check=False)
    return parse(run.stdout) if run.returncode == 0 else {}


def parse(text: str) -> dict[str, Table]:
    """The tables in iptables-save's output."""
    tables: dict[str, Table] = {}
    name, policies, rules = "", dict[str, str](), list[str]()
    for line in text.splitlines():
        if line.startswith("*"):
            name, policies, rules = line[1:], {}, []
        elif line.startswith(":"):
            chain, policy = line[1:].split()[:2]
            policies[chain] = policy
        elif line.startswith("-A"):
            rules.append(line)
        elif line == "COMMIT":
            tables[name] = Table(policies, tuple(rules))
    return tables


def undo(before: dict[str, Table], now: dict[str, Table]) -> str:
    """Input for `iptables-restore --noflush` that takes an engine's additions away; empty if none."""
    script = []
    networks = _networks(now)
    for name, table in now.items():
        old = before.get(name, Table())
        lines = _undo_table(old, table, networks)
        if lines:
            script += [f"*{name}", *lines, "COMMIT"]
    return "\n".join(script) + "\n" if script else ""


def restore(tool: str, script: str) -> str:
    """Runs the script. Returns the tool's complaint, empty if there was none."""
    program = which(f"{tool}-restore", path=_SEARCH_PATH)
    if not program:
        return f"{tool}-restore is missing"
    run = subprocess.run([program, "--noflush"], input=script, capture_output=True, text=True, check=False)
    return run.stderr.strip() if run.returncode != 0 else ""


def _undo_table(old: Table, now: Table, networks: list[str]) -> list[str]:
    chains = [chain for chain in now.policies if chain.startswith("DOCKER") and chain not in old.policies]
    known = list(old.rules)
    lines = []
    for rule in now.rules:
        if rule in known:
            known.remove(rule)  # a rule may stand there twice: once before, once by the engine
        elif rule.split()[1] not in chains and _is_engines(rule, networks):
            lines.append(f"-D{rule[2:]}")
    lines += [f"-F {chain}" for chain in chains] + [f"-X {chain}" for chain in chains]
    # dockerd closes FORWARD when it is the one that turned forwarding on. A table unused so far isn't listed.
    if old.policies.get("FORWARD", "ACCEPT") == "ACCEPT" and now.policies.get("FORWARD") == "DROP":
        lines.append("-P FORWARD ACCEPT")
    return lines


def _is_engines(rule: str, networks: list[str]) -> bool:
    words = rule.split()
    return (
        any(word.startswith("DOCKER") or BRIDGE_NAME.match(word) for word in words)
        or bool(_LOOPBACK_GUARD.match(rule))
        or any(
            option in ("-s", "-d") and _inside(word, networks) for option, word in itertools.pairwise(words)
        )
    )


def _networks(tables: dict[str, Table]) -> list[str]:
    """The networks of an engine's bridges: `-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE` names each."""
    found = []
    for rule in tables.get("nat", Table()).rules:
        words = rule.split()
        if "MASQUERADE" in words and "-s" in words and any(BRIDGE_NAME.match(word) for word in words):
            found.append(words[words.index("-s") + 1])
    return found


def _inside(word: str, networks: list[str]) -> bool:
    try:
        one = ipaddress.ip_network(word)
        return any(
            one.version == net.version and one.subnet_of(net)  # type: ignore[arg-type]
            for net in map(ipaddress.ip_network, networks)
        )
    except ValueError:
        return False
