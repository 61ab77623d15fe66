"""A web server is published on the machine's own loopback address: programs of the machine reach it, and
nobody else does.

Judged from what the engine has bound, and by connecting from the machine's own network. A check's port is any
free one: the number that the script asks for is compared, not used.
"""

from __future__ import annotations

import ipaddress

from checkers.attempt import Attempt
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.by_name import PAGE, ask, box, word
from checkers.rules.script_runs import Stage
from checkers.running import Running

# In place of ports and paths ($3…), their URLs at each address of the machine but its loopback.
_OTHERS = """
word=$1 seconds=$2 urls=; shift 2
for place in $(ip -4 -o addr show scope global | awk '{print $4}'); do
    for rest; do urls="$urls http://${place%/*}:$rest"; done
done
set -- "$word" "$seconds" $urls
"""


def published(on: Stage, name: str, port: int) -> Rule:
    """The script asks for that port of the machine."""

    def check(attempt: Attempt) -> Outcome:
        asked = on(attempt).door.ports.get(name) or {}
        numbers = [str(one.get("HostPort") or "any") for places in asked.values() for one in places or ()]
        if str(port) in numbers:
            return passed(f"{name} is published at port {port}.")
        if bound := places(box(attempt, on, name)):
            said = f"It is published at port {', '.join(numbers) or 'any'} of the machine, not at {port}."
            return wrong(
                said,
                "--publish takes ADDRESS:PORT-OF-THE-MACHINE:PORT-IN-THE-CONTAINER.",
                evidence=_words(bound),
            )
        exposed = ", ".join(box(attempt, on, name).inspect()["Config"].get("ExposedPorts") or {})
        return wrong(
            f"No port of {name} is published.",
            "EXPOSE and --expose are notes for a reader. Which option of docker run opens a port?",
            misconception="M01",
            evidence=f"Exposed, and not published: {exposed}" if exposed else "",
        )

    return Rule("published", f"{name} is published at port {port}", check, needs=("runs",))


def connects(on: Stage, name: str, folder: str) -> Rule:
    """On the machine, 127.0.0.1 reaches the server."""

    def check(attempt: Attempt) -> Outcome:
        target = box(attempt, on, name)
        canary = word(attempt, target, folder)
        urls = [f"http://127.0.0.1:{number}/{PAGE}" for _, number in places(target)]
        said = ask(attempt, canary, urls, network="host", seconds=5)
        if said.startswith("reached"):
            return passed("127.0.0.1 reaches it.")
        inside = ", ".join(target.inspect()["NetworkSettings"]["Ports"])
        return wrong(
            f"On the machine, 127.0.0.1 doesn't reach {name}.",
            "The last number of --publish is the port at which the server listens in its container, where it "
            "has to listen on all addresses.",
            evidence=f"Published: {inside}\n{said}",
        )

    return Rule("connects", f"The machine reaches {name} at 127.0.0.1", check, needs=("published",))


def local(on: Stage, name: str, folder: str) -> Rule:
    """No other address of the machine is bound, and none answers."""

    def check(attempt: Attempt) -> Outcome:
        target = box(attempt, on, name)
        bound = places(target)
        away = [one for one in bound if not ipaddress.ip_address(one[0]).is_loopback]
        canary = word(attempt, target, folder)
        rests = [f"{number}/{PAGE}" for _, number in bound]
        said = ask(attempt, canary, rests, network="host", before=_OTHERS) if rests else ""
        if not away and not said.startswith("reached"):
            return passed("No other address of the machine reaches it.", evidence=_words(bound))
        return wrong(
            "Other computers reach it, too: it is published on more than 127.0.0.1.",
            "Without an address, docker publishes on all of them, past most firewalls. The address stands "
            "before the two ports.",
            misconception="M20",
            evidence=f"{_words(bound)}\n{said}".strip(),
        )

    return Rule("local", f"Nobody else reaches {name}", check, needs=("connects",))


def places(running: Running) -> list[tuple[str, str]]:
    """Addresses and ports of the machine that the engine has bound for it."""
    found = running.inspect()["NetworkSettings"].get("Ports") or {}
    return sorted({(str(one["HostIp"]), str(one["HostPort"])) for of in found.values() for one in of or ()})


def _words(bound: list[tuple[str, str]]) -> str:
    # The number is the check's own, and would only confuse.
    return "The engine has bound: " + ", ".join(sorted({address for address, _ in bound}))
