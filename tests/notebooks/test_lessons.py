"""Every lesson, cell by cell, on the real engine: outputs equal the committed ones, and nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import docker
import nbformat
import pytest
from docker.errors import NotFound

from course.engine.connect import connect
from course.engine.describe import version_number
from course.engine.ledger import Entry, Ledger
from course.notebook import _recorded
from course.swarm import RECORDED, why_not
from tests.notebooks.as_recorded import as_recorded

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SWARMS = sorted(path.stem for path in _recorded.FOLDER.glob("*.json"))
"""The lessons on engines in containers: not every engine can have those."""
SANITIZE = ROOT / "tests" / "notebooks" / "sanitize.cfg"
OLDER = ROOT / "tests" / "notebooks" / "sanitize_before_27.cfg"
# jsonschema, which reads a notebook, compiles a grammar of IRIs at its import where it finds one: 3 s for each
# lesson, and no notebook has an IRI to check.
_PYTEST = "import sys; sys.modules['rfc3987_syntax'] = None; import pytest; sys.exit(pytest.main())"


def sanitize(home: Path) -> Path:
    """The sanitize file for the engine: the newest are held to what older ones can't do."""
    with closing(connect()) as client:
        old = version_number(client.version()["Version"]) < (27,)
    if not old:
        return SANITIZE
    both = home / "sanitize.cfg"
    both.write_text(SANITIZE.read_text(encoding="utf-8") + OLDER.read_text(encoding="utf-8"), encoding="utf-8")
    return both


def nbval(lessons: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Strict nbval, in the order given, with a home of its own: no progress, no working copies."""
    command = [sys.executable, "-c", _PYTEST, "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(sanitize(home))]
    command += ["--nbval-cell-timeout", "120", "--color", "no"]
    command += [f"notebooks/{lesson}.ipynb" for lesson in lessons]
    # The socket's path has to stay short, and pytest's folders are not.
    environment = os.environ | {"COURSE_HOME": str(home), "COURSE_WORK": str(home / "work")}
    environment.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=560, check=False
    )


def left(home: Path, client: docker.DockerClient) -> list[Entry]:
    """What was made through the lesson's gateway and is still on the engine."""
    ledger = Ledger(home / "data" / "ledger.sqlite")
    try:
        made = [entry for entry in ledger.entries(client.info()["ID"]) if not _base(entry)]
    finally:
        ledger.close()
    return [entry for entry in made if _exists(client, entry)]


def _base(entry: Entry) -> bool:
    """A base image, which stays. One from a registry that the lesson itself started is none."""
    return entry.how == "stand-in" or (entry.how == "pulled" and not entry.name.startswith("localhost:"))


def _exists(client: docker.DockerClient, entry: Entry) -> bool:
    kinds = {
        "container": client.containers,
        "network": client.networks,
        "volume": client.volumes,
        "image": client.images,
    }
    try:
        kinds[entry.kind].get(entry.id or entry.name)
    except NotFound:
        return False
    return True


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_gives_what_is_committed_and_leaves_nothing(
    name: str, tmp_path: Path, client: docker.DockerClient
) -> None:
    if name in SWARMS and (why := why_not(client)):
        pytest.skip(f"only its record can be shown here, as the next test looks at: {why}")
    done = nbval([name], tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert left(tmp_path, client) == []


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SWARMS)
def test_a_lesson_whose_engines_cannot_be_had_shows_what_is_recorded(
    name: str, tmp_path: Path, client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (why := why_not(client)):
        monkeypatch.setenv(RECORDED, "recorded")
        why = why_not(client)
    shown = ROOT / "notebooks" / f".recorded-{os.getpid()}.ipynb"
    nbformat.write(as_recorded(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4), why), shown)
    try:
        done = nbval([shown.stem], tmp_path)
    finally:
        shown.unlink()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert left(tmp_path, client) == []


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    """The comparison compares: a lesson with one altered output fails. It ends after that cell, and clean-up."""
    lesson = json.loads((ROOT / "notebooks" / "00_start.ipynb").read_text(encoding="utf-8"))
    cells = [json.dumps(cell) for cell in lesson["cells"]]
    (place,) = (number for number, cell in enumerate(cells) if "layers on top: 1" in cell)
    assert cells[place].count("layers on top: 1") == 1
    changed = json.loads(cells[place].replace("layers on top: 1", "layers on top: 2"))
    clean_up = lesson["cells"][-1]
    clean_up["metadata"]["tags"] = ["nbval-ignore-output"]  # it removes less than in the whole lesson
    lesson["cells"] = [*lesson["cells"][:place], changed, clean_up]
    altered = ROOT / "notebooks" / f".altered-{os.getpid()}.ipynb"
    altered.write_text(json.dumps(lesson), encoding="utf-8")
    try:
        done = nbval([altered.stem], tmp_path)
    finally:
        altered.unlink()
    assert done.returncode == 1, done.stdout[-3000:]
    assert "1 failed" in done.stdout
