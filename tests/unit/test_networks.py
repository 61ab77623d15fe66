"""Networks as values: what is read out of the engine's words, and what is said of it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from course.networks import (
    Attachment,
    Container,
    Door,
    Matrix,
    Network,
    NetworkMap,
    Outcome,
    Published,
    _probe,
    doors_of,
)
from course.networks.read import container_of, network_of
from course.networks.rules import find, publishing_rules

FRONT = Network("f", "front", "bridge", ("172.18.0.0/16",), "172.18.0.1")
BACK = Network("k", "back", "bridge", ("172.19.0.0/16",), internal=True)
SHOP = Container(
    "1",
    "shop",
    "python:3.13-slim",
    (Attachment("f", "172.18.0.2"), Attachment("k", "172.19.0.2")),
    (Published("0.0.0.0", 32768, "80/tcp"), Published("::", 32768, "80/tcp")),
    ("80/tcp", "9000/tcp"),
)
DB = Container("2", "db", attachments=(Attachment("k", "172.19.0.3"),))
MAP = NetworkMap((FRONT, BACK), (SHOP, DB))


def inspected(**more: Any) -> dict[str, Any]:
    """An answer of the engine, cut to what is read."""
    place = {"NetworkID": "f", "IPAddress": "172.18.0.2", "Aliases": ["shop", "c0ffee000000"]}
    settings = {
        "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "53/udp": None},
        "Networks": {"front": place},
    }
    return {
        "Id": "c0ffee000000" + "0" * 52,
        "Name": "/shop",
        "Config": {"Image": "nginx:1.26", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}},
        "HostConfig": {"NetworkMode": "front"},
        "NetworkSettings": settings,
        **more,
    }


def test_a_container_is_read_with_its_addresses_and_ports() -> None:
    found = container_of(inspected())
    assert (found.name, found.image, found.shares) == ("shop", "nginx:1.26", "")
    assert found.attachments == (Attachment("f", "172.18.0.2", ("shop",)),)
    assert found.published == (Published("127.0.0.1", 32768, "80/tcp"),)
    assert found.only_noted == ("53/udp",)


def test_one_that_uses_anothers_network_has_none_of_its_own() -> None:
    answer = inspected(HostConfig={"NetworkMode": "container:abc"}, NetworkSettings={"Ports": {}})
    found = container_of(answer)
    assert (found.shares, found.attachments) == ("abc", ())


def test_a_network_is_read_also_without_addresses() -> None:
    ipam = {"Config": [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}
    answer = {"Id": "f", "Name": "front", "Driver": "bridge", "IPAM": ipam, "Internal": False}
    assert network_of(answer) == FRONT
    host = network_of({"Id": "h", "Name": "host", "Driver": "host", "IPAM": {"Config": None}})
    assert (host.kind, host.subnets, host.gateway) == ("the host's own", (), "")


def test_the_map_in_words_holds_neither_addresses_nor_free_ports() -> None:
    words = MAP.describe()
    assert "front (bridge): shop. back (internal bridge): shop, db." in words
    assert words.count("shop has port 80/tcp published on every address of the host.") == 1
    assert "shop exposes 9000/tcp, not published." in words
    assert "172." not in words
    assert "32768" not in words


def test_a_port_that_is_told_for_ipv4_and_ipv6_is_one_door() -> None:
    assert SHOP.doors == SHOP.published[:1]
    two = (Published("127.0.0.1", 1, "80/tcp"), Published("0.0.0.0", 2, "80/tcp"))
    assert Container("3", "two", published=two).doors == two


def test_doors_are_by_name_and_by_each_address() -> None:
    labels = [door.label for door in doors_of(SHOP, MAP, 80)]
    assert labels == ["shop by name", "shop by address in front", "shop by address in back"]
    by_name, by_address = doors_of(DB, MAP, 5432)
    assert by_name.owners == (by_address.host,) == ("172.19.0.3",)
    assert by_address.label == "db by address"


def test_the_matrix_in_words() -> None:
    matrix = Matrix(("shop",), ("db by name", "x:1"), {
        ("shop", "db by name"): Outcome.CONNECTED, ("shop", "x:1"): Outcome.UNKNOWN,
    })  # fmt: skip
    assert matrix.describe() == "From shop: db by name: connected; x:1: name unknown."
    assert matrix["shop", "x:1"] is Outcome.UNKNOWN
    assert len({outcome.words for outcome in Outcome}) == 5


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_probe_tells_connected_refused_and_unknown_apart(
    listening: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    doors = [
        Door("a", "127.0.0.1", listening),
        Door("b", "127.0.0.1", nobody),
        Door("c", "no-such-name.invalid", 80),
        Door("d", "127.0.0.1", listening, ("127.0.0.9",)),  # a DNS that answers to everything
    ]
    asked = json.dumps([[door.host, door.port, list(door.owners)] for door in doors])
    monkeypatch.setattr("sys.argv", ["probe", asked])
    _probe.main()
    assert json.loads(capsys.readouterr().out) == ["connected", "refused", "unknown", "unknown"]
    assert threading.active_count() >= 1


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (TimeoutError(), "no-answer"),
        (OSError(101, "Network is unreachable"), "no-route"),
        (OSError(113, "No route to host"), "no-route"),
        (OSError(5, "Input/output error"), "no-answer"),
    ],
)
def test_the_probe_names_every_error(error: OSError, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> socket.socket:
        raise error

    monkeypatch.setattr(_probe.socket, "create_connection", fail)
    assert _probe.connect("192.0.2.1", 80) == word


NAT = (
    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-A DOCKER ! -i br-1 -p tcp -m tcp --dport 3276 -j DNAT --to-destination 172.18.0.9:80",
    "-A DOCKER ! -i br-1 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.18.0.3:80",
)
FILTER = (
    "-A DOCKER -d 172.18.0.30/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 80 -j ACCEPT",
    "-A DOCKER -d 172.18.0.3/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 80 -j ACCEPT",
)


def test_the_rules_of_one_port_are_found_among_others() -> None:
    found = find(Published("", 32768, "80/tcp"), NAT, FILTER)
    assert found is not None
    assert (found.rewrite, found.accept, found.recorded) == (NAT[2], FILTER[1], "")
    assert find(Published("", 99, "80/tcp"), NAT, FILTER) is None


def test_where_rules_cannot_be_seen_recorded_ones_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = publishing_rules(Published("", 1, "80/tcp"))
    assert found.recorded == "Only root may list packet rules."
    assert find(found.published, [found.rewrite], [found.accept]) is not None
