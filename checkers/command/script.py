"""What a shell script would ask docker to do.

The script is the learner's, so it runs in a container of its own, without a network and within the limits.
There, `docker` is a stand-in that writes down its arguments. A real shell has then done what only a shell
can: variables, quotes, arrays, line ends.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
from pathlib import Path
from typing import Any, cast

from checkers.attempt import Attempt
from checkers.running import WrongAnswer
from checkers.stream import Stream
from checkers.tar import add

IMAGE = "python:3.13-slim"
"""Where the script runs: it needs bash and sh."""
_CALLS_MAX, _BYTES_MAX = 50, 256 * 1024
# A call a file, its arguments ended by zero bytes: they hold anything else. `run` and `create` print an ID.
_DOCKER = """\
#!/bin/sh
mkdir -p /course/calls
number=$(ls /course/calls | wc -l)
for argument; do printf '%s\\0' "$argument"; done > "/course/calls/$(printf %03d "$number")"
case "$1 $2" in run\\ *|create\\ *|"container run"|"container create")
    echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef;;
esac
"""
_SUDO = '#!/bin/sh\nexec "$@"\n'


def docker_calls(attempt: Attempt, name: str) -> list[list[str]]:
    """The arguments of each `docker` that the script `name` of the attempt's folder would start, in order.

    Raises WrongAnswer if there is no such file, or if it fails before it comes to docker.
    """
    script = attempt.folder / name
    if not script.is_file():
        raise WrongAnswer(f"There is no file {name}.", hint=f"Write your command into {name}.")
    container = attempt.create(
        IMAGE,
        # The trap waits for what the script left in the background; $0 is the script, as it expects.
        ["bash", "-c", 'trap wait EXIT; source "$0"', f"/answer/{name}"],
        working_dir="/answer",
        network=None,
        network_mode="none",
        environment={"PATH": "/course/bin:/usr/local/bin:/usr/bin:/bin"},
    )
    container.put_archive("/", _archive(attempt.folder))
    running = attempt.start(container)
    code = running.wait_exit(attempt.limits.run)
    calls = _calls(running.container)
    if code is None:
        raise WrongAnswer(
            f"{name} was still running after {attempt.limits.run:.0f} s.",
            hint="It should call docker and end.",
            detail=running.logs(),
        )
    if not calls:
        raise WrongAnswer(
            f"{name} doesn't call docker" + (f" and {running.ending()}." if code else "."),
            hint="The script should hold one docker run command.",
            detail=running.logs(),
        )
    return calls


def _archive(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(folder, "answer")
        add(tar, {"course/bin/docker": _DOCKER.encode(), "course/bin/sudo": _SUDO.encode()}, 0o755)
    return buffer.getvalue()


def _calls(container: Any) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    with contextlib.suppress(Exception):  # no call, no folder
        chunks, _ = container.get_archive("/course/calls")
        with (
            contextlib.closing(Stream(iter(chunks))) as stream,
            tarfile.open(fileobj=cast("Any", stream), mode="r|") as tar,
        ):
            for entry in tar:
                file = tar.extractfile(entry) if entry.isreg() and len(found) < _CALLS_MAX else None
                if file:
                    words = file.read(_BYTES_MAX).decode("utf-8", "replace").split("\0")
                    found[entry.name] = words[:-1]
    return [found[name] for name in sorted(found)]
