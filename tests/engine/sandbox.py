"""A machine within the machine: namespaces of its own for network, mounts and processes.

An engine in it can't meet one outside. Whatever runs in it ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from course.engine.address import Address
from course.engine.embedded.packages import Unpacked
from course.engine.embedded.processes import wait_until
from course.engine.find import answers

COURSE = (sys.executable, "-c", "from course.cli import main; main()")
_SECONDS = 120


@dataclass(frozen=True)
class Sandbox:
    """The machine. `home` is its COURSE_HOME; `data` in it is a tmpfs."""

    pid: int  # of its first process, as seen from outside
    home: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _cli: dict[str, str] = field(default_factory=dict)

    def popen(self, command: Sequence[str], **env: str) -> subprocess.Popen[str]:
        """Starts a command in it."""
        return subprocess.Popen(
            ["nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", "--wd=/", *command],
            env=os.environ | self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, code: int | None = 0, **env: str) -> str:
        """Runs a command in it and returns its standard output. `code` is the exit code it must have."""
        process = self.popen(command, **env)
        out, err = process.communicate(timeout=_SECONDS)
        assert code is None or process.returncode == code, f"{command}: {process.returncode}\n{out}\n{err}"
        return out

    def course(self, *arguments: str, code: int = 0, **env: str) -> tuple[str, str]:
        """Runs the command line in it. Returns standard output and standard error."""
        process = self.popen([*COURSE, *arguments], **env)
        out, err = process.communicate(timeout=_SECONDS)
        assert process.returncode == code, f"course {arguments}: {process.returncode}\n{out}\n{err}"
        return out, err

    def docker(self, *arguments: str, code: int = 0) -> str:
        """Runs the course's own docker CLI against the course's own engine."""
        if not self._cli:  # asked once: it starts a Python
            line = (
                "import json; from course.engine.embedded import cli_environment as e; print(json.dumps(e()))"
            )
            self._cli.update(json.loads(self.run(sys.executable, "-c", line)))
        program = shutil.which("docker", path=self._cli.get("PATH", os.environ["PATH"]))
        assert program
        return self.run(program, *arguments, code=code, **self._cli).strip()

    def processes(self) -> list[str]:
        """The command lines of what runs in it, without its first processes."""
        return [" ".join(argv) for _, argv in self._processes()]

    def named(self, program: str) -> list[int]:
        """The process ids, as seen in it, of the programs of that name."""
        return [pid for pid, argv in self._processes() if Path(argv[0]).name == program]

    def kill(self, *programs: str) -> None:
        """Kills every program of those names with -9, all at once; there must be one of each."""
        pids = [self.named(program) for program in programs]
        assert all(pids), f"{programs} run as {pids}"
        self.run("sh", "-c", f"kill -9 {' '.join(str(pid) for found in pids for pid in found)}; true")

    def _processes(self) -> list[tuple[int, list[str]]]:
        # Seen from outside, so that looking starts no process in it. Containers have namespaces of their own
        # below the machine's: each process is listed with its number in every one of them, outermost first.
        depth = len(_numbers(self.pid)) - 1
        space = Path(f"/proc/{self.pid}/ns/pid").readlink()
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                if not entry.name.isdigit():
                    continue
                pid = int(entry.name)
                if (entry / "ns/pid").readlink() == space or self.pid in _ancestors(pid):
                    argv = (entry / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")
                    if argv != [""] and "sleep infinity" not in " ".join(argv):
                        found.append((_numbers(pid)[depth], argv))
        return found

    def mounts(self) -> list[str]:
        """Its mount points that an engine of its own could have made: other engines' come and go."""
        points = [line.split()[1] for line in self.run("cat", "/proc/self/mounts").splitlines()]
        return sorted(one for one in points if one.startswith(("/run/docker/", "/var/lib", str(self.home))))

    def links(self) -> list[str]:
        """Its network links."""
        return sorted(
            line.split(":")[0].strip() for line in self.run("cat", "/proc/net/dev").splitlines()[2:]
        )

    def rules(self) -> dict[str, list[str]]:
        """Its iptables rules, the chains that somebody added, and policies that aren't ACCEPT."""
        return {
            tool: [
                line.split(" [")[0]
                for line in self.run(f"{tool}-save").splitlines()
                if line.startswith(("-A", ":")) and " ACCEPT " not in line
            ]
            for tool in ("iptables", "ip6tables")
        }


def _numbers(pid: int) -> list[int]:
    """A process's numbers in its namespaces, outermost first."""
    status = Path(f"/proc/{pid}/status").read_text()
    return [int(number) for number in status.partition("\nNSpid:")[2].splitlines()[0].split()]


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


@contextmanager
def sandbox(home: Path, cache: Path, *, data_size: str = "900m", **env: str) -> Iterator[Sandbox]:
    """A fresh machine, whose `course` finds unpacked packages in `cache`."""
    for name in ("data", "run", "user"):
        (home / name).mkdir(parents=True)
    (home / "cache").symlink_to(cache)
    script = (
        f"mount -t tmpfs tmpfs /run && mount -t tmpfs -o size={data_size} tmpfs {home}/data "
        "&& ip link set lo up && echo ready && exec sh -c 'sleep infinity & wait'"
    )
    options = ("--net", "--mount", "--propagation=slave", "--pid", "--fork", "--kill-child", "--mount-proc")
    holder = subprocess.Popen(["unshare", *options, "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        child = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()[0]
        yield Sandbox(
            int(child), home, {"COURSE_HOME": str(home), "HOME": str(home / "user"), **env, **_NEUTRAL}
        )
    finally:
        holder.kill()
        holder.communicate()


# Not the surrounding machine's: its engine is none of ours.
_NEUTRAL = {"DOCKER_HOST": "", "DOCKER_CONTEXT": "", "DOCKER_CONFIG": "", "XDG_RUNTIME_DIR": "/run/user/0"}


def start_engine(box: Sandbox, unpacked: Unpacked, *sockets: str, options: Sequence[str] = ()) -> None:
    """Starts a plain dockerd, as somebody's existing engine; returns when it answers at the first socket."""
    hosts = " ".join(f"-H unix://{socket}" for socket in sockets)
    script = (
        "mkdir -p /run/theirs && mount -t tmpfs tmpfs /run/theirs && "
        f"setsid dockerd --data-root=/run/theirs {hosts} {' '.join(options)} "
        "</dev/null >/run/theirs.log 2>&1 &"
    )
    box.run("sh", "-c", script, PATH=unpacked.search_path())
    seen = Address(f"unix:///proc/{box.pid}/root{sockets[0]}", "socket")
    assert wait_until(lambda: answers(seen), 60), box.run("cat", "/run/theirs.log")


def left_behind(box: Sandbox) -> dict[str, object]:
    """What an engine could leave: to be compared before and after."""
    return {
        "processes": box.processes(),
        "mounts": box.mounts(),
        "links": box.links(),
        "rules": box.rules(),
        "forwarding": box.run(
            "cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"
        ),
    }


def image_tar(file: Path) -> Path:
    """A root file system for `docker import`: this machine's own shell and sleep, with their libraries."""
    with tarfile.open(file, "w") as tar:
        for name in ("sh", "sleep"):
            program = Path(shutil.which(name, path="/usr/bin:/bin") or name)
            tar.add(program.resolve(), f"bin/{name}")
            listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
            for library in re.findall(r"(/\S+) \(0x", listed):
                if library.lstrip("/") not in tar.getnames():
                    tar.add(Path(library).resolve(), library.lstrip("/"))
    return file
