"""Where an engine listens, and how we came to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Origin = Literal["DOCKER_HOST", "context", "socket", "embedded"]


@dataclass(frozen=True)
class Address:
    """An engine's endpoint, as docker's own tools write it."""

    url: str  # unix:///var/run/docker.sock, tcp://host:2376, npipe:////./pipe/docker_engine
    origin: Origin
    name: str = ""  # the context's name, or the product whose socket it is
    tls_dir: str = ""  # the folder with ca.pem, cert.pem, key.pem, for a tcp:// engine that wants them
    tls_verify: bool = True  # False where a context says SkipTLSVerify

    @property
    def socket(self) -> str | None:
        """The path of a Unix socket, or None for another transport."""
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else None

    def environment(self) -> dict[str, str]:
        """What to set so that docker's own tools go to this engine: DOCKER_HOST and, for TLS, two more."""
        variables = {"DOCKER_HOST": self.url}
        if self.tls_dir:
            variables["DOCKER_TLS"] = "1"
            variables["DOCKER_TLS_VERIFY"] = "1" if self.tls_verify else ""
            variables["DOCKER_CERT_PATH"] = self.tls_dir
        return variables

    def __str__(self) -> str:
        how = {
            "DOCKER_HOST": "from DOCKER_HOST",
            "context": f"docker context {self.name}",
            "socket": self.name,
            "embedded": "the course's own engine",
        }[self.origin]
        return f"{self.url} ({how})"
