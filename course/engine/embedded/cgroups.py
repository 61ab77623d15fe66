"""Room for an engine inside a container: cgroup v2 wants processes in leaves only.

In a container with a cgroup namespace of its own, our processes sit in that namespace's root. The kernel
then refuses to hand controllers to children ("no internal processes", cgroups(7)), and no container could be
limited. So the processes move into a leaf and the controllers are passed on, as nested engines commonly do.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_LEAF = "init"
_SIGNS = (Path("/.dockerenv"), Path("/run/.containerenv"))


def in_container() -> bool:
    """Whether this is a container: Docker, Podman and systemd-nspawn leave a sign."""
    if any(sign.exists() for sign in _SIGNS):
        return True
    try:
        return any(
            word.startswith(b"container=") for word in Path("/proc/1/environ").read_bytes().split(b"\0")
        )
    except OSError:
        return False


def make_room(root: Path = ROOT) -> bool:
    """Moves the processes in `root` into a leaf and passes the controllers on. True if there was need.

    Does nothing where `root` is not cgroup v2 or nothing runs in it. Raises OSError where it isn't allowed.
    """
    if not (root / "cgroup.controllers").exists() or not _processes(root):
        return False
    leaf = root / _LEAF
    leaf.mkdir(exist_ok=True)
    for _ in range(10):  # a process may fork while it is being moved
        for pid in _processes(root):
            _move(pid, leaf)
        if not _processes(root):
            break
    controllers = (root / "cgroup.controllers").read_text().split()
    if controllers:
        (root / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in controllers))
    return True


def _processes(group: Path) -> list[str]:
    return (group / "cgroup.procs").read_text().split()


def _move(pid: str, leaf: Path) -> None:
    try:
        (leaf / "cgroup.procs").write_text(pid)
    except ProcessLookupError:
        return  # it ended meanwhile
    except OSError:
        if pid != "0":  # a process outside of our namespace, which can't be moved
            raise
