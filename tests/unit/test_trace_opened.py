"""Recorded builds: of two engines, of buildx, of CI. And files that are none, cut short, or absurd."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from pathlib import Path

import pytest

from course.errors import TraceError
from course.trace import Build, compare, open_trace
from tests.unit.traces.record import DOCKERFILE

TRACES = Path(__file__).parent / "traces"
GOLDEN = sorted(path.name for path in TRACES.iterdir() if path.suffix in {".jsonl", ".dockerbuild"})


@pytest.mark.parametrize("name", GOLDEN)
def test_every_recording_opens_and_survives_json(name: str) -> None:
    build = open_trace(TRACES / name)
    assert build.seconds > 0.1
    assert build.steps
    assert Build.from_json(json.loads(json.dumps(build.to_json()))) == build
    assert bool(build.error) == ("failed" in name)


@pytest.mark.parametrize("engine", ["20.10", "28.5"])
def test_engines_tell_the_same_story(engine: str) -> None:
    cold, changed = (
        open_trace(TRACES / f"engine-{engine}-{which}.jsonl", dockerfile=DOCKERFILE)
        for which in ("cold", "changed")
    )
    assert [step.line for step in cold.steps] == [1, 3, 4, 6, 7, 8, 9]
    assert cold.stages == ("build", "stage-1")
    assert cold.image.startswith("sha256:")
    assert cold.export_seconds > 0
    # The stages overlap: the longest chain is shorter than the work.
    assert cold.critical_path_seconds < cold.work_seconds - 0.2
    assert {3, 4, 8} <= {step.line for step in cold.critical_path}
    assert not {6, 7} & {step.line for step in cold.critical_path}
    told = {step.line: (step.outcome, step.reason.kind) for step in compare(cold, changed).steps}
    assert told == {
        1: ("reused", "same"),
        3: ("rerun", "unknown"),  # a raw answer holds no list of the files that were sent
        4: ("rerun", "input rerun"),
        6: ("reused", "same"),
        7: ("reused", "same"),
        8: ("reused", "same result"),
        9: ("reused", "same"),
    }


def test_a_dockerbuild_knows_its_request_and_its_lines() -> None:
    build = open_trace(TRACES / "ci.dockerbuild")
    assert build.given is not None
    assert build.given.build_args == {"WORD": "bye"}
    assert build.given.no_cache
    assert build.given.tag == "course-bt:rj"
    assert build.given.dockerfile.startswith("FROM busybox:1.37 AS one")
    assert [step.line for step in build.steps] == [1, 3, 5, 6, 7, 8]
    assert [step.stage for step in build.steps][:2] == ["one", "one"]


def test_a_failed_build_keeps_its_reason_and_its_log() -> None:
    for name in ("buildx-failed.jsonl", "ci-failed.dockerbuild"):
        build = open_trace(TRACES / name)
        assert "exit code: 3" in build.error
        (culprit,) = [step for step in build.steps if step.state == "failed"]
        assert culprit.log == "about to fail\n"


def test_what_course_build_prints_opens(tmp_path: Path) -> None:
    build = open_trace(TRACES / "ci.dockerbuild")
    (tmp_path / "build.json").write_text(json.dumps(build.to_json(), indent=2))
    assert open_trace(tmp_path / "build.json") == build


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no trace at all\n",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "image": "", "vertices": [{"digest": 1}]}',
        b'{"format": 1, "image": "", "vertices": 7}',
        b"[" * 100_000,
        b'{"vertexes": [{"name": "no digest"}]}',
        b'{"vertexes": [{"digest": "a", "started": "yesterday"}]}',
        b'{"id": "moby.buildkit.trace", "aux": "!!!!"}',
        b'{"id": "moby.buildkit.trace", "aux": 7}',
        b"\x1f\x8b no gzip",
        gzip.compress(b"no tar"),
        archive(),
        archive(**{"index.json": b"{}"}),
        archive(**{"index.json": b"not json"}),
        archive(**{"index.json": b'{"manifests": [{"digest": "sha256:gone"}]}'}),
        gzip.compress(archive(**{"blobs__sha256__aa": bytes(70_000_000)})),  # a bomb
    ],
    ids=range(18),
)
def test_what_is_no_trace_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(TraceError) as caught:
        open_trace(tmp_path / "file")
    assert caught.value.hint


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(TraceError, match=path.name):
            open_trace(path)


@pytest.mark.parametrize("name", ["ci.dockerbuild", "buildx.jsonl", "engine-28.5-cold.jsonl"])
def test_damage_ends_in_a_build_or_a_clear_error(tmp_path: Path, name: str) -> None:
    whole = (TRACES / name).read_bytes()
    plain = gzip.decompress(whole) if whole[:2] == b"\x1f\x8b" else whole
    dice = random.Random(name)
    for _ in range(60):
        data = bytearray(dice.choice([whole, plain]))
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        file = tmp_path / "damaged"
        file.write_bytes(bytes(data[: dice.randrange(len(data)) if dice.random() < 0.5 else len(data)]))
        try:
            assert isinstance(open_trace(file), Build)
        except TraceError as error:
            assert error.hint  # noqa: PT017
