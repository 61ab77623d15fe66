"""Records an engine's raw answers to two builds, as golden data: `python -m tests.unit.traces.record 28.5`.

The first build is cold, the second has one copied file changed. The engine is the one that DOCKER_HOST names.
"""

from __future__ import annotations

import json
import sys
import tempfile
import uuid
from pathlib import Path

from course.build.context import pack
from course.build.request import Request
from course.engine.connect import connect
from course.engine.labels import made_image

HERE = Path(__file__).parent
DOCKERFILE = """\
FROM busybox:1.37 AS build
ARG VERSION=1
COPY lib.txt /
RUN sleep 0.4; echo $VERSION > /built
FROM busybox:1.37
WORKDIR /app
RUN sleep 0.3; echo ready
COPY --from=build /built .
COPY app.txt .
"""


def record(folder: Path, name: str) -> None:
    """Builds `folder`, and writes each message to a line of its own."""
    tag = f"course-record-{uuid.uuid4().hex[:12]}:1"
    params = {
        "version": "2", "t": tag, "networkmode": "none", "labels": json.dumps(made_image(tag)),
        "buildargs": json.dumps({"VERSION": "2"}),
    }  # fmt: skip
    client = connect()
    with Request(client, params, pack(folder), 60, None) as answer:
        lines = [json.dumps(message) for message in answer]
    (HERE / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    client.images.remove(tag)


def main() -> None:
    """Both builds, of a context that no cache has seen."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        (folder / "lib.txt").write_text(str(uuid.uuid4()))
        (folder / "app.txt").write_text(str(uuid.uuid4()))
        # Nothing of the second stage is new by itself: a comment would be no difference to the cache.
        (folder / "Dockerfile").write_text(DOCKERFILE.replace("ready", f"ready {uuid.uuid4().hex[:8]}"))
        record(folder, f"{sys.argv[1]}-cold")
        (folder / "lib.txt").write_text(str(uuid.uuid4()))
        record(folder, f"{sys.argv[1]}-changed")


if __name__ == "__main__":
    main()
