"""A learner's scripts, run one after the other on one stage; what rules look at afterwards."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterable

from docker.errors import APIError

from checkers.attempt import Attempt
from checkers.command import conversation, words
from checkers.command.conversation import Call, Ended
from checkers.command.doers import DOERS
from checkers.command.stage import Box, Says, Stage
from checkers.command.words import RUNS, Refused, Step
from checkers.running import NotStarted, WrongAnswer, start_error

_SCRIPT_RUNS = 3
"""A script may wait as long as this many containers may: it often starts several."""
_NOTES_MAX = 20


class Session:
    """See the module. `images` are those that the scripts may run, beside what they build themselves."""

    def __init__(self, attempt: Attempt, images: Iterable[str]) -> None:
        self.attempt, self.stage = attempt, Stage(attempt, images)
        self._calls, self._filled = 0, False
        self._lock = threading.Lock()

    def run(self, script: str, *arguments: str) -> Ended:
        """Runs a script of the learner's folder to its end.

        Raises WrongAnswer, with the line where one is known, if there is no such script, if it doesn't end,
        or if it asks for what a check doesn't do; EngineError where the engine is to blame.
        """
        if not (self.attempt.folder / script).is_file():
            raise WrongAnswer(f"There is no file {script}.", hint=f"Write your commands into {script}.")
        container = conversation.container(self.attempt, self.stage.work, script, arguments)
        if not self._filled:
            container.put_archive("/", self._archive())
            self._filled = True
        self.stage.guard()
        seconds = _SCRIPT_RUNS * self.attempt.limits.run
        ended = conversation.hold(self.attempt, container, self._answer, seconds)
        self.stage.check_overfull()
        if ended.code is None:
            raise WrongAnswer(
                f"{script} was still running after {seconds:.0f} s.",
                hint="It should start what the task asks for, and end.",
                detail=self.told(ended),
            )
        return ended

    def box(self, name: str) -> Box | None:
        """The container of that name, if it is there now."""
        self.stage.settle()
        return next((box for box in self.stage.boxes.values() if box.name == name), None)

    def told(self, ended: Ended | None = None) -> str:
        """What docker refused, and what the script printed: evidence."""
        return "\n".join([*self.stage.notes[-_NOTES_MAX:], *([ended.said] if ended and ended.said else [])])

    def _answer(self, call: Call) -> None:
        try:
            step = self._step(call)
            code = self._done(call, step)
        except Refused as error:
            error.line = error.line or call.line or None
            raise
        except WrongAnswer as error:  # of an option's own words
            refused = Refused(str(error), hint=error.hint, detail=error.detail)
            refused.line = call.line or None
            raise refused from error
        call.end(code)

    def _step(self, call: Call) -> Step:
        with self._lock:
            self._calls += 1
            if self._calls > conversation.CALLS_MAX:
                raise Refused(
                    f"The script calls docker more than {conversation.CALLS_MAX} times.",
                    hint="Is there a loop without an end?",
                )
        self.stage.settle()
        return words.step(call.words)

    def _done(self, call: Call, step: Step) -> int:
        """Does it. What docker would refuse is printed, and the script goes on, as it would."""
        try:
            return DOERS[step.verb](self.stage, call, step)
        except Says as said:
            text, code = str(said), said.code
        except NotStarted as error:
            text, code = f"docker: Error response from daemon: {error.detail}", 127
        except APIError as error:
            if error.response is None or error.response.status_code >= 500:
                blamed = start_error(error)
                if not isinstance(blamed, NotStarted):
                    raise
            text, code = f"Error response from daemon: {error.explanation}", 125 if step.verb in RUNS else 1
        self.stage.note(call, text)
        return code

    def _archive(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.add(self.attempt.folder, conversation.HOME.strip("/"))
        return buffer.getvalue()
