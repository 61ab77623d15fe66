"""What a checker edits in an exercise's project: one file a project. The code is the exercise's own, put back
as it was; only the Dockerfile and the ignore file are the learner's."""

from __future__ import annotations

from course.exercises import find

_THEIRS = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore"}


def own_files(exercise_id: str) -> dict[str, bytes]:
    """The exercise's files as its starter has them, path → content, without what a learner writes."""
    starter = find(exercise_id).starter
    return {
        path.relative_to(starter).as_posix(): path.read_bytes()
        for path in sorted(starter.rglob("*"))
        if path.is_file() and path.name not in _THEIRS
    }
