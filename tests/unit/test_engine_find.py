"""How an engine is looked for: the order, the contexts, and what is said where there is none."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
from pathlib import Path

import pytest

from course.engine.address import Address
from course.engine.contexts import current_context
from course.engine.find import answers, candidates, client_options, embedded_address, find_engine, well_known
from course.errors import EngineGone, NoEngine


@pytest.fixture(autouse=True)
def nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)


def write_context(tmp_path: Path, name: str, meta: object, *, current: str | None = None) -> Path:
    digest = hashlib.sha256(name.encode()).hexdigest()
    folder = tmp_path / "docker/contexts/meta" / digest
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))
    if current is not None:
        (tmp_path / "docker/config.json").write_text(json.dumps({"currentContext": current}))
    return tmp_path / "docker/contexts/tls" / digest / "docker"


def meta(host: str, **endpoint: object) -> dict[str, object]:
    return {"Name": "any", "Metadata": {}, "Endpoints": {"docker": {"Host": host, **endpoint}}}


def test_docker_host_is_the_only_candidate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_context(tmp_path, "there", meta("unix:///there"), current="there")
    monkeypatch.setenv("DOCKER_HOST", "unix:///here")
    assert list(candidates()) == [Address("unix:///here", "DOCKER_HOST", tls_verify=False)]


@pytest.mark.parametrize(
    ("tls", "verify", "want"),
    [("", "", ("", False)), ("", "1", ("/certs", True)), ("1", "", ("/certs", False))],
)
def test_docker_host_with_tls(
    monkeypatch: pytest.MonkeyPatch, tls: str, verify: str, want: tuple[str, bool]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://far:2376")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certs")
    monkeypatch.setenv("DOCKER_TLS", tls)
    monkeypatch.setenv("DOCKER_TLS_VERIFY", verify)
    (address,) = candidates()
    assert (address.tls_dir, address.tls_verify) == want
    assert address.environment().get("DOCKER_CERT_PATH", "") == want[0]


def test_the_embedded_engine_is_known_under_docker_host_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", embedded_address().url)
    assert [one.origin for one in candidates()] == ["embedded"]


def test_order_context_sockets_embedded(tmp_path: Path) -> None:
    write_context(tmp_path, "there", meta("unix:///there"), current="there")
    (tmp_path / "runtime").mkdir()
    with listening(tmp_path / "runtime/docker.sock"):
        found = [one for one in candidates() if one.name in ("there", "rootless Docker Engine", "")]
    assert [one.origin for one in found] == ["context", "socket", "embedded"]
    assert found[1].name == "rootless Docker Engine"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes there")
def test_a_folder_or_file_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "runtime/docker.sock").mkdir(parents=True)
    assert "rootless Docker Engine" not in [one.name for one in candidates()]


def test_well_known_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLIMA_HOME", raising=False)
    names = [name for _, name in well_known(Path("/home/me"), "/run/user/7")]
    assert list(dict.fromkeys(names)) == [
        *("Docker Engine", "rootless Docker Engine", "Docker Desktop", "Colima", "Rancher Desktop", "Podman"),
    ]
    monkeypatch.setenv("COLIMA_HOME", "/elsewhere")
    assert (Path("/elsewhere/default/docker.sock"), "Colima") in well_known(Path("/home/me"), "/run/user/7")


def test_context_with_tls(tmp_path: Path) -> None:
    tls = write_context(tmp_path, "far", meta("tcp://far:2376", SkipTLSVerify=True), current="far")
    tls.mkdir(parents=True)
    assert current_context() == Address("tcp://far:2376", "context", "far", str(tls), tls_verify=False)


def test_docker_context_goes_before_the_configured_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_context(tmp_path, "one", meta("unix:///one"), current="one")
    write_context(tmp_path, "two", meta("unix:///two"))
    monkeypatch.setenv("DOCKER_CONTEXT", "two")
    assert [one.url for one in candidates()] == ["unix:///two"]


@pytest.mark.parametrize("name", ["", "default"])
def test_default_context_is_none(tmp_path: Path, name: str) -> None:
    write_context(tmp_path, "one", meta("unix:///one"), current=name)
    assert current_context() is None


BROKEN = [
    "",
    "{",
    "[]",
    '{"Endpoints": {}}',
    json.dumps(meta("nowhere")),
    json.dumps({"Endpoints": {"docker": {}}}),
]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Passed over where it is merely configured; an error where it was asked for by name."""
    write_context(tmp_path, "one", text, current="one")
    assert current_context() is None
    monkeypatch.setenv("DOCKER_CONTEXT", "one")
    with pytest.raises(NoEngine, match="DOCKER_CONTEXT"):
        current_context()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": 7}'])
def test_broken_configuration_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text(text)
    assert current_context() is None


@pytest.mark.parametrize(
    "host", ["unix:///no/such.sock", "tcp://127.0.0.1:1", "ssh://me@far", "nonsense", "fd://3"]
)
def test_docker_host_to_nowhere_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(NoEngine) as caught:
        find_engine()
    assert "DOCKER_HOST" in str(caught.value)
    assert host in str(caught.value)
    assert caught.value.hint


def test_ssh_is_not_spoken_and_says_how_to_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoEngine) as caught:
        client_options(Address("ssh://me@far", "DOCKER_HOST"))
    assert "me@far" in caught.value.hint
    assert "ssh -nNT -L" in caught.value.hint


def test_a_socket_without_an_engine_does_not_answer(tmp_path: Path) -> None:
    file = tmp_path / "s"
    address = Address(f"unix://{file}", "socket")
    assert not answers(address)
    with listening(file):
        assert not answers(address, timeout=1)  # somebody listens, and says nothing


def test_stale_socket_is_gone(tmp_path: Path) -> None:
    from course.engine.connect import connect

    with listening(tmp_path / "s"):
        pass
    with pytest.raises(EngineGone):
        connect(Address(f"unix://{tmp_path / 's'}", "socket"))


def listening(file: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(file))
    server.listen()
    return server
