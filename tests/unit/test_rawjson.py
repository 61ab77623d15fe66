"""What `docker buildx build --progress=rawjson` writes, read as BuildKit's own messages."""

from __future__ import annotations

from course.trace.rawjson import response


def test_a_message_of_buildx() -> None:
    read = response(
        {
            "vertexes": [
                {"digest": "d", "name": "[2/2] RUN x", "inputs": ["e"], "started": "2026-01-01T00:00:01.5Z"},
                {"digest": "e", "name": "[1/2] FROM y", "cached": True, "error": "no"},
            ],
            "logs": [{"vertex": "d", "stream": 1, "data": "aGkK", "timestamp": "2026-01-01T00:00:02Z"}],
        }
    )
    run, base = read.vertices
    assert (run.digest, run.inputs, run.started, run.completed) == ("d", ("e",), 1767225601.5, None)
    assert (base.cached, base.error) == (True, "no")
    assert read.logs[0].message == b"hi\n"
