"""Containers of one network find each other by name, and a container outside of it reaches none of them.

Probed from beside the learner's containers: a container of the checker's in their network namespace, which
has their resolver and their /etc/hosts. What they serve is a word that nobody could know, put there before.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError

from checkers.attempt import Attempt
from checkers.cage import IMAGE
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.rules.script_runs import Stage
from checkers.running import Running
from checkers.session.names import BRIDGE
from checkers.tar import packed

PAGE = "canary.txt"
# Asks for each address ($3…), until one gives the word ($1) or no seconds ($2) are left; says which it was.
_ASK = """
word=$1 seconds=$2; shift 2
end=$(($(date +%s) + seconds))
while :; do
    for url; do
        said=$(wget -q -T 2 -O - "$url" 2>&1) || continue
        case $said in *"$word"*) echo "reached $url"; exit;; esac
    done
    [ "$(date +%s)" -ge "$end" ] && break
    sleep 0.2
done
echo "$said"
"""
# Asks for each address once, all at the same time: a word and an address in turn. Says which gave its word.
_ASK_EACH = """
while [ $# -gt 1 ]; do
    (said=$(wget -q -T 2 -O - "$2") && case $said in *"$1"*) echo "reached $1 $2";; esac) &
    shift 2
done
wait
"""


def finds(on: Stage, one: str, other: str, port: int, folder: str) -> Rule:
    """Each reaches the other's web server by name. `folder` is where the servers have their files."""

    def check(attempt: Attempt) -> Outcome:
        for asker, asked in ((one, other), (other, one)):
            url = f"http://{asked}:{port}/{PAGE}"
            beside, target = box(attempt, on, asker), box(attempt, on, asked)
            said = ask(attempt, word(attempt, target, folder), [url], beside=beside, seconds=5)
            if not said.startswith("reached"):
                return _lost(attempt, on, asker, asked, port, said)
        return passed(
            f"{one} and {other} find each other by name.", evidence=_places(attempt, on, one, other)
        )

    return Rule("finds", f"{one} and {other} find each other by name", check, needs=("runs",))


def outsiders(on: Stage, one: str, other: str, port: int, folder: str) -> Rule:
    """A container on the default bridge, and one on a network of its own, reach neither, by name or address;
    and nothing is published on the machine."""

    def check(attempt: Attempt) -> Outcome:
        inner, outer = [], []
        for asked in (one, other):
            target = box(attempt, on, asked)
            canary = word(attempt, target, folder)
            inner += [_Knock(asked, canary, f"{place}:{port}") for place in (asked, *_addresses(target))]
            outer += [_Knock(asked, canary, place) for place in published(target)]
        places = (
            ("on the default bridge", inner, on(attempt).door.network(BRIDGE)),
            ("on another network", inner, attempt.network),
            ("on the machine itself", outer, "host"),
        )
        with ThreadPoolExecutor(len(places), "outsider") as pool:  # they mostly wait for no answer
            opened = list(pool.map(lambda place: _opened(attempt, *place[1:]), places))
        for asked in (one, other):
            for (where, _, _), doors in zip(places, opened, strict=True):
                for door in doors:
                    if door.asked == asked:
                        return _open(attempt, on, asked, f"reached {door.url}", where)
        return passed("A container outside of their network reaches neither.")

    return Rule("outsiders", "A container outside of their network reaches neither", check, needs=("finds",))


@dataclass(frozen=True)
class _Knock:
    """What an outsider tries: a server of the script's, its word, and where it might be reached."""

    asked: str
    word: str
    place: str

    @property
    def url(self) -> str:
        return f"http://{self.place}/{PAGE}"


def _opened(attempt: Attempt, knocks: list[_Knock], network: str) -> list[_Knock]:
    """Those that are answered, to a container of ours on that network."""
    if not knocks:
        return []
    words = [word for one in knocks for word in (one.word, one.url)]
    told = _said(attempt, _ASK_EACH, words, network).splitlines()
    return [one for one in knocks if f"reached {one.word} {one.url}" in told]


def _lost(attempt: Attempt, on: Stage, asker: str, asked: str, port: int, said: str) -> Outcome:
    mine, theirs = (_networks(attempt, on, name) for name in (asker, asked))
    evidence = f"{_places(attempt, on, asker, asked)}\n{said}".strip()
    if "bad address" not in said:
        return wrong(
            f"From {asker}, the name {asked} resolves, but nothing answers at port {port}.",
            "Keep the commands of the starter: they listen at this port, on all addresses.",
            evidence=evidence,
        )
    if mine & theirs == {BRIDGE}:
        return wrong(
            f"{asker} doesn't find the name {asked}: they share only the default bridge.",
            "On the default bridge no names resolve. On a network that you have created, they do.",
            misconception="M18",
            evidence=evidence,
        )
    return wrong(
        f"{asker} doesn't find the name {asked}.",
        "Both must be on one network, and the name is that of --name or --network-alias.",
        misconception="M18" if mine and theirs and not mine & theirs else None,
        evidence=evidence,
    )


def _open(attempt: Attempt, on: Stage, asked: str, said: str, where: str) -> Outcome:
    if where.endswith("itself"):
        hint = "A published port is open to everybody. Containers of one network need none."
    else:
        hint = (
            "A container starts on the default bridge unless docker run has --network. "
            "`docker network connect` adds a network and takes none away."
        )
    evidence = f"{_places(attempt, on, asked)}\n{said}"
    return wrong(f"A container {where} reaches {asked}.", hint, evidence=evidence)


def box(attempt: Attempt, on: Stage, name: str) -> Running:
    """A container of the script's that the rule `runs` has seen."""
    found = on(attempt).box(name)
    assert found is not None, "the rule `runs` has seen it"  # noqa: S101
    return found


def word(attempt: Attempt, running: Running, folder: str) -> str:
    """A word of this container's alone, which its server gives out from now on."""
    found = f"{attempt.word}-{running.name.rpartition('_')[2]}"
    page = packed({PAGE: found.encode()})

    def put() -> bool:
        try:
            running.container.put_archive(folder, page)
        except APIError as error:  # the command makes the folder when it starts
            if error.response is None or error.response.status_code != 404:
                raise
            return False
        return True

    running.until(put, attempt.limits.run / 4)
    return found


def ask(
    attempt: Attempt,
    word: str,
    urls: list[str],
    *,
    beside: Running | None = None,
    network: str = "",
    seconds: int = 0,
    before: str = "",
) -> str:
    """What a container of ours says in the end, "reached URL" or why not: in another's place, or on a network
    ("host": the machine's own). It tries for so many seconds, and each once at least. `before` is a script
    that may alter the words, of which the first two are others'."""
    words = [word, str(seconds), *urls]
    return _said(attempt, before + _ASK, words, f"container:{beside.container.id}" if beside else network)


def _said(attempt: Attempt, script: str, words: list[str], place: str) -> str:
    """`place` is a network, "host", or "container:ID"."""
    own = place == "host" or place.startswith("container:")
    mode: dict[str, Any] = {"network": None, "network_mode": place} if own else {"network": place}
    probe = attempt.run(IMAGE, ["sh", "-c", script, "sh", *words], **mode)
    probe.wait_exit(attempt.limits.run)
    return probe.logs()


def _networks(attempt: Attempt, on: Stage, name: str) -> set[str]:
    """By the script's names."""
    found = box(attempt, on, name).inspect()["NetworkSettings"]["Networks"]
    return {on(attempt).names.own(network) for network in found}


def _places(attempt: Attempt, on: Stage, *names: str) -> str:
    return "\n".join(
        f"{name} is on: {', '.join(sorted(_networks(attempt, on, name))) or 'no network of its own'}"
        for name in names
    )


def _addresses(running: Running) -> list[str]:
    found = running.inspect()["NetworkSettings"]["Networks"].values()
    return [str(place["IPAddress"]) for place in found if place.get("IPAddress")]


def published(running: Running) -> list[str]:
    """Where the machine has its ports open, as it reaches them itself."""
    found = running.inspect()["NetworkSettings"].get("Ports") or {}
    own = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104  nothing is bound here
    places = [place for of_port in found.values() for place in of_port or ()]
    return sorted({f"{own.get(one['HostIp'], one['HostIp'])}:{one['HostPort']}" for one in places})
