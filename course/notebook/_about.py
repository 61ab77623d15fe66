"""The card that says which engine is behind the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker

from course.engine.address import Address
from course.engine.describe import describe
from course.engine.labels import STAND_IN
from course.engine.listing import list_images
from course.widgets.html import Html, facts


def card(client: docker.DockerClient, address: Address) -> Html:
    """Version, owner, image store and stand-ins of the engine at `address`."""
    engine = describe(client, address)
    listed = list_images(client.api, filters={"label": STAND_IN})
    stand_ins = sorted(filter(None, map(_stand_in, listed)))
    return facts(
        "The engine behind these cells",
        {
            "Engine": f"{engine.version}, API {engine.api_version}, on {engine.os}/{engine.arch}",
            "Whose": "the course's own" if engine.embedded else "it was here before the course",
            "Image store": engine.store,
            "Stand-ins": ", ".join(stand_ins) or "none: the base images are the real ones",
        },
    )


def _stand_in(listed: Mapping[str, Any]) -> str:
    """The name that a stand-in stands in for; "" for another image, and for one that is being removed."""
    name = str((listed.get("Labels") or {}).get(STAND_IN, ""))
    # What is built on a stand-in inherits its label, but not its name.
    return name if name in (listed.get("RepoTags") or ()) else ""
