"""Engines in containers on the real engine: reached without a port, and gone whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import docker
import pytest
from docker.errors import NotFound

from course.engine.embedded import cli_environment
from course.engine.find import find_engine
from course.errors import EngineStartFailed
from course.swarm import Node, Nodes, nodes, start_nodes, why_not
from tests.engine.base_images import BUSYBOX, need

pytestmark = pytest.mark.engine
START = """
import sys, time
from course.engine.connect import connect
from course.swarm import start_nodes
from tests.engine.test_swarm_nodes import environment
nodes = start_nodes(connect(), ["one"], environment())
print(nodes.all[0].container.id, nodes.network.id, flush=True)
time.sleep(600)
"""


def environment() -> dict[str, str]:
    """The docker command line, and the engine that the tests use."""
    address = find_engine()
    return cli_environment(address) | address.environment()


@pytest.fixture(autouse=True)
def images(client: docker.DockerClient) -> None:
    need(client, BUSYBOX, nodes.IMAGE)
    if why := why_not(client):
        pytest.skip(why)


def gone(client: docker.DockerClient, container: str, network: str) -> bool:
    for one, kind in ((container, client.containers), (network, client.networks)):
        try:
            kind.get(one)  # type: ignore[attr-defined]
        except NotFound:
            continue
        return False
    return True


def volumes(node: Node) -> list[str]:
    node.container.reload()
    return [mount["Name"] for mount in node.container.attrs["Mounts"] if mount["Type"] == "volume"]


def test_two_engines_form_a_swarm_and_leave_nothing(client: docker.DockerClient) -> None:
    started = start_nodes(client, ["one", "two"], environment())
    try:
        one, two = started
        assert one.container.attrs["NetworkSettings"]["Ports"] in ({}, {"2375/tcp": None, "2376/tcp": None})
        assert [node.client.info()["Name"] for node in started] == ["one", "two"]
        one.client.swarm.init(advertise_addr="eth0")
        two.client.swarm.join(["one:2377"], one.client.swarm.attrs["JoinTokens"]["Worker"])
        two.wait_for_swarm(one.client)
        listed = subprocess.run(
            ["docker", "--host", one.url, "node", "ls", "--format", "{{.Hostname}}"],
            env=os.environ | environment(), capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert sorted(listed.stdout.split()) == ["one", "two"]
        held = volumes(one) + volumes(two)
        assert len(held) == 2, "what an engine stores lies in a volume, and goes with it"
    finally:
        started.close()
    assert all(gone(client, node.container.id, started.network.id) for node in started)
    assert not {volume.name for volume in client.volumes.list()} & set(held)
    assert not started.folder.exists()


def test_an_engine_that_does_not_come_up_says_why_and_leaves_nothing(
    client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Nodes] = []
    close = Nodes.close
    monkeypatch.setattr(Nodes, "close", lambda self: (seen.append(self), close(self)))
    monkeypatch.setattr(nodes, "_COMMAND", ("dockerd", "--no-such-option"))
    with pytest.raises(EngineStartFailed, match="node one") as caught:
        start_nodes(client, ["one"], environment())
    assert "no-such-option" in caught.value.detail
    assert gone(client, seen[0].all[0].container.id, seen[0].network.id)


def test_what_a_killed_process_left_goes_with_the_next_start(client: docker.DockerClient) -> None:
    process = subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    container, network = process.stdout.readline().split()
    nodes.remove_left_over(client)
    assert not gone(client, container, network), "its maker lives"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    nodes.remove_left_over(client)
    assert gone(client, container, network)
