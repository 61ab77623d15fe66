"""What both maps of networks share: a network's colour and hatch, and what is said of a container."""

from __future__ import annotations

from course.networks.model import Container, Network, NetworkMap
from course.plots.style import BLUE, GREY, ICE, ORANGE, PURPLE

GROUND = "#f7f8fa"
_LOOK = {"bridge": (BLUE, ""), "host": (GREY, "xx"), "null": (GREY, ".."), "macvlan": (PURPLE, "++")}
_INTERNAL = (ORANGE, "//")


def look(network: Network) -> tuple[str, str]:
    """Its colour and its hatch."""
    return _INTERNAL if network.internal else _LOOK.get(network.driver, (ICE, "--"))


def notes(one: Container, networks: NetworkMap) -> list[str]:
    """What its box says below its name, the image first."""
    names = {other.id: other.name for other in networks.containers}
    found = [one.image]
    if one.shares:
        found.append(f"in the network of {names.get(one.shares, 'another')}")
    if one.only_noted:
        found.append(f"EXPOSE {', '.join(one.only_noted)}: a note")
    return found


def short(text: str, most: int) -> str:
    """`text`, cut to `most` characters, and none of them read as a formula."""
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return text.replace("$", r"\$")
