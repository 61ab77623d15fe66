"""A peer in place of an engine, a gateway before it, and a client of that."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.gateway import Gateway
from tests.unit.gateway.peer import Peer, connect


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    short = Path(tempfile.mkdtemp(prefix="gw"))  # a Unix socket's path has to be short
    yield short
    shutil.rmtree(short)


@pytest.fixture
def peer(folder: Path) -> Iterator[Peer]:
    with contextlib.closing(Peer(folder / "peer")) as running:
        yield running


@pytest.fixture
def gateway(peer: Peer, folder: Path) -> Iterator[Gateway]:
    with Gateway(Address(f"unix://{peer.path}", "socket"), runtime_dir=folder / "run") as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[socket.socket]:
    with connect(gateway) as sock:
        yield sock
