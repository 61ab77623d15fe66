"""One command for several things: docker goes on after the first that it can't."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from docker.errors import APIError

from checkers.command.conversation import Call
from checkers.command.stage import Says, Stage


def each(
    stage: Stage, call: Call, words: Iterable[str], do: Callable[[str], object], *, force: bool = False
) -> int:
    """Does it for each word, which is printed if that went well. Returns the exit code."""
    code = 0
    for word in words:
        try:
            do(word)
        except Says as said:
            stage.note(call, str(said))
            if not (force and "o such" in str(said)):
                code = said.code
        except APIError as error:
            if error.response is None or error.response.status_code >= 500:
                raise
            stage.note(call, f"Error response from daemon: {error.explanation}")
            code = 1
        else:
            call.out(f"{word}\n".encode())
    return code
