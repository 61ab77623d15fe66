"""The few names that a lesson imports.

They connect, draw, ask and clean up. The Engine API calls themselves stay in the cells, in plain docker-py,
so that they work the same outside the course.

Importing this costs little more than `import docker`: everything heavy is loaded when it is first used.
"""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker

from course import plots
from course.errors import CourseError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from course.build import CacheRecord
    from course.engine.address import Address
    from course.engine.gateway import Gateway
    from course.layers import Image
    from course.notebook._folders import Folders
    from course.notebook._own import KernelLedger
    from course.notebook.swarm import Engines
    from course.trace import Build
    from course.widgets.exercise import ExercisePanel
    from course.widgets.explorer import Explorer
    from course.widgets.html import Html
    from course.widgets.playground import Playground
    from course.widgets.prediction import Prediction

__all__ = [
    "about",
    "build",
    "cache_records",
    "check",
    "clean_up",
    "connect",
    "exercise",
    "explore",
    "name",
    "playground",
    "plots",
    "predict",
    "progress",
    "reveal",
    "show",
    "tape",
    "watch_build",
    "workdir",
]


@dataclass
class _Kernel:
    """What this kernel has under way. One a process, as the kernel itself is; only this module touches it."""

    address: Address | None = None
    gateway: Gateway | None = None
    ledger: KernelLedger | None = None
    client: docker.DockerClient | None = None
    predictions: dict[str, Prediction] = field(default_factory=dict)
    folders: Folders | None = None
    engines: Engines | None = None


_kernel = _Kernel()


def connect(chapter: str = "") -> docker.DockerClient:
    """A docker-py client of the engine that the course uses, by way of the course's gateway.

    With a `chapter`, such as "06", its base images are brought first, those that the engine lacks.
    DOCKER_HOST is set for this kernel, so that `!docker …` and any other client in a cell go the same way
    and their calls are on the tape. A second call gives the same client.
    Raises NoEngine, EngineDenied, EngineGone, GatewayError.
    """
    if _kernel.client is None:
        from course.engine.connect import connect as connect_to
        from course.engine.find import find_engine
        from course.engine.gateway import Gateway
        from course.notebook._own import KernelLedger

        _kernel.address = find_engine()
        connect_to(_kernel.address).close()  # says in the course's words why an engine can't be used
        _kernel.ledger = KernelLedger()
        _kernel.gateway = Gateway(_kernel.address, ledger=_kernel.ledger).start()
        _send_programs_through(_kernel.gateway.url, _kernel.address)
        _kernel.client = docker.DockerClient(base_url=_kernel.gateway.url, version="auto", timeout=120)
    if chapter and _kernel.address:
        from course.notebook._bases import bring

        bring(_kernel.address, chapter)
    return _kernel.client


def _send_programs_through(url: str, address: Address) -> None:
    from course.engine.embedded import cli_environment

    os.environ.update(cli_environment(address))  # PATH and DOCKER_CONFIG, where the host has no CLI
    os.environ["DOCKER_HOST"] = url
    # A context or TLS settings of the shell that started Jupyter would win over DOCKER_HOST, or break it.
    for variable in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS"):
        os.environ.pop(variable, None)


def _client() -> docker.DockerClient:
    if _kernel.client is None:
        raise InputError("This kernel is not connected to an engine yet.", hint="Run: client = connect()")
    return _kernel.client


def about(client: docker.DockerClient) -> Html:
    """A card that says which engine this is, and which base images are stand-ins."""
    from course.notebook._about import card

    assert _kernel.address is not None  # noqa: S101  `client` came from connect()
    return card(client, _kernel.address)


def name(word: str) -> str:
    """`word` with a random ending: a name that meets no other on the engine."""
    return f"{word}-{uuid.uuid4().hex[:6]}"


def workdir() -> Path:
    """A fresh, empty folder for a build context or a Compose file. It goes with `clean_up` or the kernel."""
    if _kernel.folders is None:
        from course.notebook._folders import Folders

        _kernel.folders = Folders()
    return _kernel.folders.new()


def build(context: Path, tag: str, **options: Any) -> Build:
    """Build the folder `context` with BuildKit and name the image `tag`: `docker build -t TAG CONTEXT`.

    docker-py's own `images.build` asks for the old builder. Options are those of `course.build.build`.
    Raises DockerfileError, ContextError, StepFailed, BuildTimeout, EngineGone, EngineRefused.
    """
    from course.build import build as run_build

    return run_build(_client(), context, tag=tag, **options)


def cache_records(client: docker.DockerClient) -> tuple[CacheRecord, ...]:
    """All that the build cache holds, the largest first: `docker buildx du --verbose`."""
    from course.build import cache_records as records

    return records(client)


def watch_build(context: Path, tag: str, *, picture: bool = True, **options: Any) -> Build:
    """Like `build`, with the graph of the build in the cell's output while it runs.

    At the end stands what ran when, as a picture, unless `picture` is False. A failed build is shown too.
    """
    from course.notebook._watching import watch

    return watch(_client(), context, tag, picture, options)


def explore(image: str | Image) -> Explorer:
    """The layers and files of an image, to look through. Takes a name, or what was read already.

    Raises ImageNotFound, ImageDamaged, NotAnImage, EngineError.
    """
    from course.widgets.explorer import Explorer

    if isinstance(image, str):
        from course.archive import read_image

        image = read_image(_client(), image)
    return Explorer(image)


def playground(dockerfile: str, files: Mapping[str, str], edit: str = "") -> Playground:
    """A Dockerfile to rearrange and a file to edit: first predict what is reused, then rebuild, for real.

    `files`: path in the build context → text; `edit`: the one to edit, else the first.
    """
    from course.notebook._playground import playground as make

    return make(_client, dockerfile, files, edit)


def show(figure: Any, alt: str) -> Any:
    """A matplotlib figure of your own with its alt text; end a cell with it."""
    return plots.show(figure, alt)


@contextlib.contextmanager
def tape() -> Iterator[None]:
    """Shows, at its end, the Engine API calls that were made inside it. `%%tape` does so for a cell."""
    from IPython import display

    from course.tape_view import record
    from course.widgets.html import tape_table

    _client()
    assert _kernel.gateway is not None  # noqa: S101  connected above
    with record(_kernel.gateway) as recording:
        try:
            yield
        finally:
            shown: Any = display  # IPython leaves this function untyped
            shown.display(tape_table(recording.view))


def predict(key: str, question: str, options: Sequence[str]) -> Prediction:
    """Asks before a cell is run. The answer is recorded; leaving it open stops nothing."""
    from course.progress import Progress
    from course.widgets.prediction import Prediction

    def keep(option: str) -> str:
        try:
            Progress().predict(key, option)
        except CourseError as error:
            return f"Not recorded: {error}"
        return "Recorded. Run the next cell."

    _kernel.predictions[key] = Prediction(key, question, options, on_choose=keep)
    return _kernel.predictions[key]


def reveal(key: str, letter: str) -> Prediction:
    """Sets what happened beside what was predicted. `letter` is that of the right option: "a", "b"…

    Raises InputError when the question was not asked in this kernel.
    """
    from course.widgets.prediction import LETTERS, Prediction

    asked = _kernel.predictions.get(key)
    if asked is None:
        raise InputError(
            f"The question {key} was not asked yet.", hint="Run the cell with its predict(…) first."
        )
    right = LETTERS.index(letter)
    if asked.chosen >= 0:
        from course.progress import Progress

        with contextlib.suppress(CourseError):  # a lost record is no reason to hide the answer
            Progress().predict(key, asked.options[asked.chosen], asked.chosen == right)
    return Prediction(key, asked.question, asked.options, chosen=asked.chosen, answer=right)


def exercise(exercise_id: str) -> ExercisePanel:
    """A panel with the task and the buttons Start, Check, Hint and Reset. Raises UnknownExercise."""
    from course.exercises import find
    from course.notebook._checking import next_hint, report_html
    from course.widgets.exercise import ExercisePanel

    return ExercisePanel(
        find(exercise_id), check=lambda name: report_html(name, _kernel.client), hint=next_hint
    )


def check(exercise_id: str) -> Html:
    """Checks the working copy and shows the report: `course check EX`.

    An exercise that was not started yet is told as such. Raises UnknownExercise, CheckBusy, EngineError.
    """
    from course.notebook._checking import verdict

    return verdict(exercise_id, _kernel.client)


def progress() -> Html:
    """How far you are, chapter by chapter: `course progress`. Raises InputError if the record is unusable."""
    from course.progress import Progress
    from course.standing import standing
    from course.widgets.standing import progress_table

    return progress_table(standing(Progress()))


def clean_up() -> None:
    """Removes what this kernel made on the engine, and its folders, and says what."""
    from course.widgets.html import removed

    client = _client()
    assert _kernel.ledger is not None  # noqa: S101  connected above
    if _kernel.folders is not None:
        _kernel.folders.clear()
    kinds = _kernel.engines.clear() if _kernel.engines is not None else []
    print(removed([*kinds, *(kind for kind in _kernel.ledger.remove_own(client) if kind not in kinds)]))


# Only inside a running IPython: a plain `import course.notebook` must not load IPython.
if "IPython" in sys.modules and (_ipython := sys.modules["IPython"].get_ipython()):
    from course.notebook._shell import load_into

    load_into(_ipython, tape)
