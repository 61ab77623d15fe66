"""What a verdict costs beside the same work typed as docker commands: build, run, ask, remove."""

from __future__ import annotations

import contextlib
import subprocess
import uuid

from bench._measure import interleaved
from checkers import Status, check
from course.build.buildx import find as find_cli
from course.engine.connect import connect
from course.engine.labels import MADE
from course.errors import EngineError
from course.exercises import find

TARGETS = {"ratio": "<= 1.3"}
EXERCISE = "03-first-dockerfile"
_ROUNDS = 5
# As one would type it: a published port, and a loop until the app answers.
_SCRIPT = """\
set -eu
"$DOCKER" build -q -t "$NAME" --label "$LABEL=image" . >/dev/null
"$DOCKER" run -d --name "$NAME" --label "$LABEL=container" -p 127.0.0.1::8000 "$NAME" >/dev/null
url="http://$("$DOCKER" port "$NAME" 8000)/greet/Ada"
until curl -s "$url" | grep -q 'Willkommen, Ada!'; do sleep 0.05; done
"$DOCKER" rm -f "$NAME" >/dev/null
"$DOCKER" rmi "$NAME" >/dev/null
"""


def run() -> dict[str, float]:
    """Medians in seconds of a verdict and of the script, run in turn, and verdict ÷ script."""
    solution = find(EXERCISE).solution
    with contextlib.closing(connect()) as client:
        cli = find_cli(client)
    if cli is None:
        raise EngineError("The comparison needs the docker CLI with buildx.")
    environment = cli.environment | {"DOCKER": cli.program, "LABEL": MADE}

    def verdict() -> None:
        report = check(EXERCISE, solution)
        assert report.status is Status.PASS, report.to_json()  # noqa: S101  a wrong verdict has no speed

    def script() -> None:
        name = f"course-bench-{uuid.uuid4().hex[:12]}"
        subprocess.run(
            ["sh", "-c", _SCRIPT], check=True, cwd=solution, env=environment | {"NAME": name}, timeout=120
        )

    ours, theirs = interleaved(verdict, script, _ROUNDS)
    return {"seconds": ours, "script_seconds": theirs, "ratio": ours / theirs}
