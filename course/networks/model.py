"""Networks and containers as values; no Docker in here."""

from __future__ import annotations

from dataclasses import dataclass

_ANY = ("", "0.0.0.0", "::")  # noqa: S104  what the engine calls "every address of the host"


@dataclass(frozen=True)
class Network:
    """One network of the engine."""

    id: str
    name: str
    driver: str  # bridge, host, null, macvlan, overlay
    subnets: tuple[str, ...] = ()  # 172.18.0.0/16
    gateway: str = ""  # the host's own address in it; "" where it has none
    internal: bool = False

    @property
    def kind(self) -> str:
        """What sort of network it is, in a word or two."""
        if self.driver == "bridge":
            named = "default bridge" if self.name == "bridge" else "bridge"
            return f"internal {named}" if self.internal else named
        return {"null": "loopback alone", "host": "the host's own"}.get(self.driver, self.driver)


@dataclass(frozen=True)
class Attachment:
    """A container's place in one network. `address` is "" in those that give none."""

    network: str  # its id
    address: str = ""
    aliases: tuple[str, ...] = ()  # further names that its DNS answers to


@dataclass(frozen=True)
class Published:
    """A port of the host that leads into a container."""

    host_ip: str
    host_port: int
    port: str  # the container's: 80/tcp

    @property
    def everywhere(self) -> bool:
        """On every address of the host?"""
        return self.host_ip in _ANY


@dataclass(frozen=True)
class Container:
    """A running container, as far as networks go."""

    id: str
    name: str
    image: str = ""
    attachments: tuple[Attachment, ...] = ()
    published: tuple[Published, ...] = ()
    exposed: tuple[str, ...] = ()  # what its image notes with EXPOSE: 80/tcp
    shares: str = ""  # the id of the container whose network it uses, "" for one of its own

    def address_in(self, network: str) -> str | None:
        """Its address in the network of that id; None when it isn't in it."""
        return next((one.address for one in self.attachments if one.network == network), None)

    @property
    def doors(self) -> tuple[Published, ...]:
        """What is published, without the second line by which the engine tells of IPv6."""
        first = {one.host_port: one for one in reversed(self.published) if one.everywhere}
        return tuple(one for one in self.published if not one.everywhere or first[one.host_port] is one)

    @property
    def only_noted(self) -> tuple[str, ...]:
        """Ports that EXPOSE notes and nothing publishes."""
        opened = {one.port for one in self.published}
        return tuple(port for port in self.exposed if port not in opened)


@dataclass(frozen=True)
class NetworkMap:
    """Networks and the running containers in them, each in the order in which they are shown."""

    networks: tuple[Network, ...] = ()
    containers: tuple[Container, ...] = ()

    def members(self, network: Network) -> tuple[Container, ...]:
        """Who is in it."""
        return tuple(one for one in self.containers if one.address_in(network.id) is not None)

    def describe(self) -> str:
        """All of it in sentences. No address and no port of the host: those differ from run to run."""
        words = []
        for network in self.networks:
            names = ", ".join(one.name for one in self.members(network)) or "nobody"
            words.append(f"{network.name} ({network.kind}): {names}.")
        names_by_id = {one.id: one.name for one in self.containers}
        for one in self.containers:
            if one.shares:
                words.append(f"{one.name} uses the network of {names_by_id.get(one.shares, 'another')}.")
            for port, where in sorted({(door.port, _where(door)) for door in one.doors}):
                words.append(f"{one.name} has port {port} published on {where}.")
            if one.only_noted:
                words.append(f"{one.name} exposes {', '.join(one.only_noted)}, not published.")
        return " ".join(words)


def _where(published: Published) -> str:
    return "every address of the host" if published.everywhere else published.host_ip
