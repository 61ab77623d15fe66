"""One of everything that the figures draw, made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course import plots
from course.capabilities import Privileges
from course.compose import Moment as Started
from course.compose import Start
from course.layers import Entry, Image, Layer
from course.mounts import Mount, MountMap
from course.networks import Attachment, Container, Matrix, Network, NetworkMap, Outcome, Published, Rules
from course.registries import Blob as Kept
from course.registries import Kind, Store
from course.swarm import History, Member, Placed, Stage, Swarm, TaskStory
from course.trace import Build, Vertex


def event(action: str, at: float, **attributes: str) -> dict[str, Any]:
    return {
        "Type": "container",
        "Action": action,
        "time": int(at),
        "timeNano": int(at * 1e9),
        "Actor": {"ID": "c0ffee", "Attributes": attributes},
    }


LIFE = [
    event("create", 100.0),
    event("start", 100.5),
    event("kill", 101.0, signal="15"),
    event("die", 101.25, exitCode="143"),
    event("destroy", 102.0),
]


CHOWN = frozenset({"CHOWN"})
SHOP = Placed("shop.1", "1", {"$front": "10.0.1.2"})
DOWN = Member("two", "worker", "down", "active", ())
ROOT = Privileges(0, CHOWN, CHOWN, CHOWN | {"41"})
USER = Privileges(1000, frozenset(), CHOWN, CHOWN | {"KILL"})


STORE = Store(
    {
        "i": Kept("i", 500, Kind.INDEX, ("m", "n")),
        "m": Kept("m", 400, Kind.MANIFEST, ("c", "l")),
        "n": Kept("n", 400, Kind.MANIFEST, ("d", "l", "elsewhere")),
        "o": Kept("o", 400, Kind.MANIFEST, ("e", "l")),
        "c": Kept("c", 900, Kind.CONFIG, platform="amd64"),
        "d": Kept("d", 900, Kind.CONFIG, platform="arm64"),
        "e": Kept("e", 900, Kind.CONFIG),
        "l": Kept("l", 3_000_000, Kind.LAYER),
        "x": Kept("x", 3_000, Kind.LAYER),
    },
    {"shop/$app:1": "m", "shop/app:all": "i", "shop/app:sha256-1234567890abcdef": "o", "shop/app:gone": "g"},
    frozenset("imo"),
)


def sample(second: int, *, used: int = 0, cpu: float = 0.0) -> dict[str, Any]:
    memory = {"usage": used, "limit": 64 << 20} if used else {}
    return {
        "read": f"2026-01-02T03:04:{second:02}.123456789Z",
        "memory_stats": memory,
        "cpu_stats": {"cpu_usage": {"total_usage": int(cpu * 1e9)}},
    }


def built(*, changed: bool) -> Build:
    """A build of two stages side by side, in which a later step fails where `changed`."""
    base = Vertex("f", "[one 1/2] FROM docker.io/library/busybox:1.37@sha256:77", (), ((9.9, 10.0),), line=1)
    first = Vertex("a", "[one 2/2] RUN make", ("f",), ((10.0, 12.0),), line=2)
    second = Vertex("b", "[stage-1 1/2] COPY . .", ("f",), ((10.0, 10.2),), cached=not changed, line=4)
    last = Vertex("c", "[stage-1 2/2] RUN test", ("b", "a"), ((12.0, 13.0),), error="1" * changed, line=5)
    return Build("", (last, second, first, base), seconds=3.2)


def stacked(name: str, *more: str) -> Image:
    """An image on a common base whose last layer deletes what the base brought."""
    base = Layer(0, diff_id="base", tar_bytes=5_000, entries=(Entry("big", "file", 5_000),))
    mine = Layer(
        1,
        diff_id=name,
        instruction="RUN rm $HOME/big && echo $X " + "and more " * 9,
        line=3,
        tar_bytes=10,
        entries=(Entry("small", "file", 10),),
        whiteouts=("big",),
    )
    return Image(name, (base, mine)[: 1 + (name != "base")])


def networks() -> NetworkMap:
    """A network of each kind, and containers in none, one, two and somebody else's."""
    kinds = ("host", "bridge", "macvlan", "null", "overlay")
    places = [Network(kind, f"${kind}-net", kind, ("10.0.0.0/8",)) for kind in kinds]
    inner = Network("inner", "inner", "bridge", internal=True)
    doors = tuple(Published(ip, port, "80/tcp") for ip, port in (("127.0.0.1", 1), ("0.0.0.0", 2), ("::", 2)))
    both = Container("1", "shop", "a:1", (Attachment("bridge", "10.0.0.2"), Attachment("inner", "")), doors)
    guest = Container("2", "a-name-that-is-longer-than-its-box", "b" * 60, shares="1", exposed=("80/tcp",))
    return NetworkMap((*places, inner), (both, guest))


def crowd() -> NetworkMap:
    """The same networks, and too many containers for one row."""
    few = networks()
    doors = (Published("192.168.100.100", 32768, "80/tcp"), Published("127.0.0.1", 32769, "443/tcp"))
    own = (Attachment("bridge", "10.200.100.100"), Attachment("inner", "10.0.0.1"))
    more = tuple(Container(f"{9 + n}", f"web-{n}", "a:1", own, doors[:n]) for n in range(6))
    return NetworkMap(few.networks, (*few.containers, *more))


def tried() -> Matrix:
    """Every outcome once."""
    doors = tuple(f"door {number} with a name that has to be folded" for number in range(5))
    return Matrix(("$shop",), doors, {("$shop", d): o for d, o in zip(doors, Outcome, strict=True)})


PICTURES: dict[str, Callable[[], plots.Picture]] = {
    "lifecycle": lambda: plots.lifecycle(LIFE),
    "memory_use": lambda: plots.memory_use([sample(1, used=1 << 20), sample(2, used=50 << 20)], killed=True),
    "cache_story": lambda: plots.cache_story(built(changed=False), built(changed=True)),
    "gantt": lambda: plots.gantt(built(changed=True)),
    "cpu_use": lambda: plots.cpu_use({"a": [sample(1), sample(2, cpu=0.5)], "b": []}, 0.5),
    "base_images": lambda: plots.base_images([plots.BaseImage("b", 9), plots.BaseImage("a", 0)]),
    "image_anatomy": lambda: plots.image_anatomy(
        "a:1", plots.Blob("sha256:1", 1), plots.Blob("2", 2), [plots.Blob("3", 3)]
    ),
    "layer_bar": lambda: plots.layer_bar(stacked("mine")),
    "layer_sharing": lambda: plots.layer_sharing([stacked("a"), stacked("base"), stacked("b")]),
    "health_timeline": lambda: plots.health_timeline(
        [event("start", 1.0), event("health_status: healthy", 2.0)]
    ),
    "network_map": lambda: plots.network_map(networks()),
    "network_map of many": lambda: plots.network_map(crowd()),
    "network_map of many in none": lambda: plots.network_map(NetworkMap((), crowd().containers[1:2] * 7)),
    "connection_matrix": lambda: plots.connection_matrix(tried()),
    "packet_path": lambda: plots.packet_path(Rules(Published("", 1, "80/tcp"), "-A " * 30, "", "Because.")),
    "volume_map": lambda: plots.volume_map(
        MountMap((Mount("web", "bind", "site", "/site"), Mount("web", "tmpfs", "", "/tmp")), {"web": "0"})
    ),
    "write_speeds": lambda: plots.write_speeds("named volume 0.2\ntmpfs 0.1"),
    "compose_graph": lambda: plots.compose_graph(
        {
            "services": {"a": {"networks": {"n": None}, "depends_on": {"b": {}}}, "b": {}},
            "networks": {"n": {}},
        }
    ),
    "startup_timeline": lambda: plots.startup_timeline(
        [Start("web", (Started("created", 0.0), Started("exited", 1.0, 3)))]
    ),
    "capabilities": lambda: plots.capabilities({"root, with a long name": ROOT, "$user": USER}),
    "registry_map": lambda: plots.registry_map(STORE),
    "swarm_map": lambda: plots.swarm_map(
        Swarm((Member("a node of a long name", "leader", "ready", "drain", (SHOP,) * 3), DOWN), ("$front",))
    ),
    "task_timeline": lambda: plots.task_timeline(
        History("shop", (TaskStory(1, "$1", "one", (Stage("running", -1.0), Stage("lost", 0.0))),), (), 3.0)
    ),
    "step_by_step": lambda: plots.step_by_step(
        {
            "naive": {"MB over the base": 30.2, "$ports": 3, "seconds": 4.0},
            "mended": dict.fromkeys(("MB over the base", "$ports", "seconds"), 0),
        },
        "A shop of $ 3",
    ),
    "start_times": lambda: plots.start_times({"a process": [0.1], "a container": [0.3, 0.2]}),
}
