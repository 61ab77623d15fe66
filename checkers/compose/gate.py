"""Holds a service back while it starts, for as long as the checker wants: a database that is slow, but not by
the clock. What depends on it shows by then whether it waits."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

from docker.errors import NotFound

from checkers.attempt import Attempt
from checkers.cage import IMAGE
from checkers.compose.images import Image
from checkers.compose.resolved import Config
from checkers.compose.volumes import seeded

_AT = "/.gate"
_DOOR = "door"  # a folder in the volume: the permissions of the volume's own root can't be set from outside
_WAIT = f"touch {_AT}/{_DOOR}/reached; until [ -e {_AT}/{_DOOR}/open ]; do sleep 0.1; done"
_SCRIPT = "000-slow.sh"


@dataclass(frozen=True)
class Slow:
    """Which service is to start slowly.

    `init`: the folder of its image whose scripts run while it sets itself up at the first start, as
    postgres's /docker-entrypoint-initdb.d: then it is held there, half started. Else before its first
    process. Both need a shell in the image, which the exercise names.
    """

    service: str
    init: str = ""


class Gate:
    """A closed gate. It is two files in a volume: `reached` by the service, `open` by the checker."""

    def __init__(self, attempt: Attempt, slow: Slow) -> None:
        self.attempt, self.slow = attempt, slow
        self.volume = attempt.volume()
        # Never started: it is the way to the volume's files.
        self._holder = attempt.create(
            IMAGE, ["-"], network_mode="none", network=None, volumes=[f"{self.volume}:{_AT}"]
        )
        self._put(_DOOR, None)  # whoever the service runs as may write there

    @property
    def extra(self) -> dict[str, dict[str, bytes]]:
        """For Seeds: what is added to what the learner mounts."""
        return {self.slow.init: {_SCRIPT: f"{_WAIT}\n".encode()}} if self.slow.init else {}

    def close(self, tamed: Config, image: Image) -> None:
        """Puts the gate into a project that `tamed` made."""
        service: Config = tamed["services"][self.slow.service]
        volumes: list[Config] = service["volumes"]
        tamed["volumes"][self.volume] = {"external": True, "name": self.volume}
        volumes.append({"type": "volume", "source": self.volume, "target": _AT})
        if not self.slow.init:
            program = _words(service.get("entrypoint"), image.config.get("Entrypoint"))
            # An entrypoint of the service's own takes the image's command away, as Docker has it.
            usual = None if service.get("entrypoint") else image.config.get("Cmd")
            command = _words(service.get("command"), usual)
            service["entrypoint"] = ["/bin/sh", "-c", f'{_WAIT}; exec "$$@"', "sh"]
            service["command"] = [*program, *command]
        elif not any(str(one["target"]).rstrip("/") == self.slow.init for one in volumes):
            scripts = seeded(self.attempt, None, self.extra[self.slow.init])
            tamed["volumes"][scripts] = {"external": True, "name": scripts}
            volumes.append({"type": "volume", "source": scripts, "target": self.slow.init})

    @property
    def reached(self) -> bool:
        """Whether the service stands before it."""
        try:
            self._holder.get_archive(f"{_AT}/{_DOOR}/reached")
        except NotFound:
            return False
        return True

    def open(self) -> None:
        """Lets it go on."""
        self._put(f"{_DOOR}/open", b"")

    def _put(self, name: str, content: bytes | None) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o1777 if content is None else 0o644
            if content is None:
                entry.type = tarfile.DIRTYPE
            tar.addfile(entry, io.BytesIO(content or b""))
        self._holder.put_archive(_AT, buffer.getvalue())


def _words(own: object, of_image: object) -> list[str]:
    """A command's words; what comes from the image is escaped as Compose wants it."""
    if own:
        return [str(word) for word in own] if isinstance(own, list) else [str(own)]
    return [str(word).replace("$", "$$") for word in of_image] if isinstance(of_image, list) else []
