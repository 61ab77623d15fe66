"""The map and the matrix against a real engine: names, addresses, isolation, ports."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container
from docker.models.networks import Network

from course.engine.labels import made
from course.networks import Caller, Door, Matrix, Outcome, doors_of, reach, read_map

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]
SERVER = ["httpd", "-f", "-p", "80"]


class Town:
    """Two networks, one of them internal; a web server in each, and one in both."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client, self._word = client, uuid.uuid4().hex[:6]
        self.networks: list[Network] = []
        self.containers: list[Container] = []

    def network(self, name: str, **options: bool) -> Network:
        made_one = self._client.networks.create(f"{name}-{self._word}", labels=made("network"), **options)
        self.networks.append(made_one)
        return made_one

    def server(self, name: str, **options: object) -> Container:
        one = self._client.containers.run(
            "busybox:1.37", SERVER, name=f"{name}-{self._word}", init=True, detach=True,
            labels=made("container"), **options,
        )  # fmt: skip
        self.containers.append(one)
        return one

    def remove(self) -> None:
        for one in self.containers:
            one.remove(force=True, v=True)
        for network in self.networks:
            network.remove()


@pytest.fixture
def town(client: docker.DockerClient) -> Iterator[Town]:
    found = Town(client)
    yield found
    found.remove()


def test_names_addresses_isolation_and_ports(client: docker.DockerClient, town: Town) -> None:
    front, back = town.network("front"), town.network("back", internal=True)
    shop = town.server("shop", network=front.name, ports={"80/tcp": ("127.0.0.1", None)})
    back.connect(shop)
    db = town.server("db", network=back.name)
    stranger = town.server("stranger", network=front.name)

    ids = [str(one.id) for one in (shop, db, stranger)]
    seen = read_map(client, containers=ids)
    assert [one.name for one in seen.containers] == [shop.name, db.name, stranger.name]
    assert {one.name: one.internal for one in seen.networks} == {front.name: False, back.name: True}
    assert [len(one.attachments) for one in seen.containers] == [2, 1, 1]
    assert [door.host_ip for door in seen.containers[0].doors] == ["127.0.0.1"]

    port = seen.containers[0].doors[0].host_port
    outside = Door("published", "127.0.0.1", port)
    doors = [*doors_of(seen.containers[1], seen, 80), Door("wrong port", str(db.name), 81), outside]
    callers = [Caller("shop", ids[0]), Caller("stranger", ids[2]), Caller("host", "host")]
    matrix = reach(client, callers, doors)
    name, address = f"{db.name} by name", f"{db.name} by address"
    assert row(matrix, "shop", name, address, "wrong port") == [
        Outcome.CONNECTED, Outcome.CONNECTED, Outcome.REFUSED,
    ]  # fmt: skip
    assert matrix["stranger", name] is Outcome.UNKNOWN
    assert matrix["stranger", address] in {Outcome.NO_ANSWER, Outcome.NO_ROUTE}
    assert matrix["stranger", "published"] is Outcome.REFUSED  # its own localhost
    assert matrix["host", name] is Outcome.UNKNOWN
    assert matrix["host", "published"] is Outcome.CONNECTED
    assert not client.containers.list(all=True, filters={"label": "org.docker-notebook-course.probe=shop"})


def row(matrix: Matrix, caller: str, *doors: str) -> list[Outcome]:
    return [matrix[caller, door] for door in doors]


def test_a_container_without_a_network_and_one_that_is_gone(client: docker.DockerClient, town: Town) -> None:
    lonely = town.server("lonely", network_mode="none")
    seen = read_map(client, containers=[str(lonely.id), "0" * 64])
    assert [network.driver for network in seen.networks] == ["null"]
    matrix = reach(client, [Caller("lonely", str(lonely.id))], [Door("out", "192.0.2.1", 80)])
    assert matrix["lonely", "out"] is Outcome.NO_ROUTE
