"""What a kernel does differently with the course loaded: errors as words, and a magic for the tape."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from docker.errors import APIError, DockerException
from requests import RequestException

from course.errors import CourseError


def show_error(shell: Any, kind: type[BaseException], error: BaseException, *_: Any, **__: Any) -> list[str]:
    """The error's own words in place of a traceback: fact, the engine's words, next step."""
    fact, detail, hint = str(error), getattr(error, "detail", ""), getattr(error, "hint", "")
    if isinstance(error, APIError) and error.response is not None:
        # docker-py's own text is a line with the call's URL; the engine's words are at its end.
        fact = f"{error.response.status_code} {error.response.reason}"
        detail = str(error.explanation or "")
    elif isinstance(error, RequestException):
        hint = "Run: course doctor"  # the connection itself broke: only a look at the engine helps
    lines = [f"{kind.__name__}: {fact}", *(f"  | {line}" for line in detail.rstrip().splitlines())]
    if hint:
        lines.append(f"next: {hint}")
    # `_showtraceback` is what IPython itself calls: the kernel turns it into the cell's error output.
    shell._showtraceback(kind, fact, lines)
    return lines


def load_into(shell: Any, tape: Callable[[], AbstractContextManager[None]]) -> None:
    """Gives a running IPython the course's words for errors, and `%%tape`."""
    shell.set_custom_exc((CourseError, DockerException, RequestException), show_error)

    def tape_cell(_: str, cell: str) -> None:
        """Run the cell and show the Engine API calls that it made."""
        with tape():
            shell.run_cell(cell)  # shows its own error, if it ends in one

    shell.register_magic_function(tape_cell, "cell", "tape")
