"""The docker CLI's contexts, read from its configuration folder.

The layout is the CLI's own (docker/cli, `cli/context/store`): `config.json` names the current context,
`contexts/meta/<sha256 of the name>/meta.json` holds its endpoint, and `contexts/tls/<sha256>/docker/`
its certificates. docker-py reads the same files, but knows no DOCKER_CONTEXT and fails on a broken one.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from course.engine.address import Address
from course.errors import NoEngine

HINT = "See the contexts with `docker context ls`; choose one with `docker context use NAME`."


def config_folder() -> Path:
    """The docker CLI's configuration folder: DOCKER_CONFIG, else ~/.docker."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def read_config(folder: Path) -> dict[str, Any]:
    """The CLI's config.json, or an empty dict where there is none or it isn't valid JSON."""
    try:
        value = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def current_context() -> Address | None:
    """The address of the context in force, or None for the default one (or one that can't be read).

    Raises NoEngine when DOCKER_CONTEXT names a context that doesn't exist or can't be read: somebody asked
    for that engine, so another must not be taken silently.
    """
    folder = config_folder()
    asked = os.environ.get("DOCKER_CONTEXT", "")
    name = asked or read_config(folder).get("currentContext", "")
    if not isinstance(name, str) or name in ("", "default"):
        return None
    try:
        return load_context(folder, name)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not asked:
            return None
        raise NoEngine(
            f"DOCKER_CONTEXT names the docker context {name!r}, which can't be read from {folder}.",
            hint=f"{HINT} Or: unset DOCKER_CONTEXT",
            detail=str(error),
        ) from error


def load_context(folder: Path, name: str) -> Address:
    """The address that context `name` stands for.

    Raises OSError, ValueError, KeyError or TypeError where its files are missing or not of the known form.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = json.loads((folder / "contexts" / "meta" / digest / "meta.json").read_text(encoding="utf-8"))
    endpoint = meta["Endpoints"]["docker"]
    host = endpoint["Host"]
    if not isinstance(host, str) or "://" not in host:
        raise ValueError(f"the context's Host is {host!r}, not an address")
    tls = folder / "contexts" / "tls" / digest / "docker"
    return Address(
        url=host,
        origin="context",
        name=name,
        tls_dir=str(tls) if tls.is_dir() else "",
        tls_verify=not endpoint.get("SkipTLSVerify", False),
    )
