"""The floors of exercises whose answer is a shell script.

A check runs a script in a container of its own, which has the learner's folder, in a volume, and the docker
CLI. Here that container is made, filled and started as well, and ends at once: the script's commands are then
given by this machine's CLI, under names of the run's own. What stands between the two in a check, to let pass
only what a script may do, is the checker's and in no floor.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping

import docker

from bench._bare import ASK, Bare, poll
from checkers.cage import IMAGE
from checkers.tar import packed

_PAGE = "canary.txt"
# Each of these at once, and no longer than an answer takes at most.
_ASK_ALL = 'for url; do wget -q -T 2 -O - "$url" & done; wait'
_ASK_OTHERS = (
    "for place in $(ip -4 -o addr show scope global | awk '{print $4}'); do "
    'wget -q -T 2 -O - "http://${place%/*}:$1/" & done; wait'
)


class _Scripts:
    """Runs scripts of the folder."""

    def __init__(self, bare: Bare) -> None:
        self._bare, self.work, self._filled = bare, bare.volume(), False

    def run(self, script: str, words: Mapping[str, str]) -> None:
        """With each of `words` replaced by another."""
        self._shell()
        text = (self._bare.folder / script).read_text()
        for old, new in words.items():
            text = text.replace(old, new)
        self._bare.call(["sh", "-c", text], self._bare.folder)

    def _shell(self) -> None:
        bare = self._bare
        shell = bare.create(
            "python:3.13-slim", ["bash", "-c", "true"],
            network=None, network_mode="none", volumes=[f"{self.work}:/answer"],
        )  # fmt: skip
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.add(bare.cli.program, "course/bin/docker")
            if not self._filled:
                tar.add(bare.folder, "answer")
        self._filled = True
        bare.api.put_archive(shell, "/", buffer.getvalue())
        bare.api.start(shell)
        bare.api.wait(shell)


def _page(bare: Bare, container: str) -> None:
    """What a server gives out from now on, as soon as it has its folder."""

    def put() -> bool:
        try:
            return bool(bare.api.put_archive(container, "/www", packed({_PAGE: bare.word.encode()})))
        except docker.errors.NotFound:
            return False

    poll(put)


def _beside(bare: Bare, container: str, url: str) -> None:
    """Asks from a container in the other's place."""
    bare.run(IMAGE, ["sh", "-c", ASK, "sh", url], network=None, network_mode=f"container:{container}")


def _publish_local(bare: Bare) -> None:
    bridge, name = bare.network(f"{bare.name}-bridge", internal=False), f"{bare.name}-ledger"
    bare.containers.append(name)
    _Scripts(bare).run(
        "run.sh", {"docker run": f"docker run --network {bridge}", "ledger": name, ":8080:": "::"}
    )
    _page(bare, name)
    port = bare.api.inspect_container(name)["NetworkSettings"]["Ports"]["8000/tcp"][0]["HostPort"]
    for script, word in ((ASK, f"http://127.0.0.1:{port}/{_PAGE}"), (_ASK_OTHERS, port)):
        bare.run(IMAGE, ["sh", "-c", script, "sh", word], network=None, network_mode="host")


def _reach_by_name(bare: Bare) -> None:
    harbour, servers = f"{bare.name}-harbour", {name: f"{bare.name}-{name}" for name in ("tide", "board")}
    bare.networks.append(harbour)
    bare.containers += servers.values()
    _Scripts(bare).run(
        "run.sh",
        {"harbour": harbour, "http://tide": f"http://{servers['tide']}"}
        | {f"--name {name}": f"--name {server}" for name, server in servers.items()},
    )
    one, other = servers.values()
    for asker, asked in ((one, other), (other, one)):
        _page(bare, asked)
        _beside(bare, asker, f"http://{asked}:8000/{_PAGE}")
    places = [*servers.values()]
    for name in servers.values():
        found = bare.api.inspect_container(name)["NetworkSettings"]["Networks"].values()
        places += [place["IPAddress"] for place in found]
    urls = [f"http://{place}:8000/{_PAGE}" for place in places]
    for network in (bare.network(), bare.network(f"{bare.name}-bridge", internal=False)):
        bare.run(IMAGE, ["sh", "-c", _ASK_ALL, "sh", *urls], network=network)


def _backup(bare: Bare) -> None:
    scripts, diary = _Scripts(bare), bare.volume()
    bridge = f"{bare.name}-bridge"
    run = {"docker run": f"docker run --network {bridge}"}
    words = {"-v diary:": f"-v {diary}:", '"$PWD"': scripts.work, **run}

    def holder(*volumes: str) -> str:
        binds = [f"{volume}:/{number}" for number, volume in enumerate(volumes)]
        return bare.create(IMAGE, ["true"], network=None, network_mode="none", volumes=binds)

    def read(container: str, *folders: str) -> None:
        for folder in folders:
            for _ in bare.api.get_archive(container, folder)[0]:
                pass
        bare.drop(container)

    first = holder(diary)
    bare.api.put_archive(first, "/0", packed({bare.word: bare.word.encode()}))
    read(first, "/0")
    bare.network(bridge)
    scripts.run("backup.sh", words)
    read(holder(diary, scripts.work), "/0", "/1")
    bare.api.remove_network(bridge)
    bare.api.remove_volume(diary)
    bare.network(bridge)
    scripts.run("restore.sh", words)
    read(holder(diary), "/0")


def _push_by_digest(bare: Bare) -> None:
    shop = bare.up("registry:2", network="bridge", ports={"5000/tcp": ("127.0.0.1", None)})
    host = (
        "127.0.0.1:" + bare.api.inspect_container(shop)["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"]
    )
    scripts, menu, other = _Scripts(bare), f"{bare.name}:menu", f"{bare.name}:other"
    for name in (menu, other):
        bare.images.append(name)
        maker = bare.create("busybox:1.37", ["true"], network=None, network_mode="none")
        bare.api.put_archive(maker, "/", packed({"board.txt": f"{name}\n".encode()}))
        bare.api.commit(maker, *name.split(":"), changes=['CMD ["tail", "-f", "/board.txt"]'])
        bare.drop(maker)
        bare.api.inspect_image(name)
    poll(lambda: b"listening on" in bare.api.logs(shop))
    pushed, box = f"{host}/kiosk/menu:1.4", f"{bare.name}-box"
    bare.images.append(pushed)
    bare.containers.append(box)
    words = {"menu:1.4 ": f"{menu} ", "$REGISTRY": host}
    scripts.run("publish.sh", words)
    for _ in bare.api.get_archive(shop, "/var/lib/registry")[0]:
        pass
    bare.api.tag(other, *pushed.rsplit(":", 1))
    bare.api.push(pushed)
    for name in (pushed, menu):
        bare.api.remove_image(name, force=True)
    bridge = bare.network(f"{bare.name}-bridge")
    scripts.run("deploy.sh", {**words, "--name menu": f"--name {box} --network {bridge}"})
    bare.api.inspect_image(bare.api.inspect_container(box)["Image"])
    poll(lambda: b"menu" in bare.api.logs(box))


SCRIPTS: Mapping[str, Callable[[Bare], None]] = {
    "06-publish-local": _publish_local,
    "06-reach-by-name": _reach_by_name,
    "07-backup": _backup,
    "10-push-by-digest": _push_by_digest,
}
