"""docker exec, and what a command prints on its way to the script."""

from __future__ import annotations

import threading

from checkers.command import wire
from checkers.command.conversation import Call
from checkers.command.stage import Says, Stage
from checkers.command.words import Refused, Step
from checkers.limits import MIB, size

OUTPUT_MAX = 32 * MIB


def execute(stage: Stage, call: Call, step: Step) -> int:
    """docker exec."""
    for dangerous in ("privileged", "env-file"):
        if dangerous in step.options:
            raise Refused(f"--{dangerous} is not for this task.", hint="Leave it out.")
    box = stage.box(step.words[0])
    api = stage.attempt.client.api
    stdin = step.on("interactive")
    number = api.exec_create(
        box.id,
        list(step.words[1:]),
        stdin=stdin,
        user=step.last("user"),
        workdir=step.last("workdir") or None,
        environment=[one for one in step.options.get("env", ()) if "=" in one],
    )["Id"]
    if step.on("detach"):
        api.exec_start(number, detach=True)
        return 0
    given = call.stdin() if stdin else b""
    line = wire.start_exec(stage.attempt.client, number)
    try:
        if stdin:
            line.send(given)
            line.end_input()
        seconds = stage.attempt.limits.run
        if not pump(call, line, seconds):
            raise Refused(
                f"docker exec {' '.join(step.words)[:80]} hadn't ended after {seconds:.0f} s.",
                hint="Does it wait for something?",
            )
    finally:
        line.close()
    found = api.exec_inspect(number)
    stage.check_overfull()
    code = found["ExitCode"]
    if code is None:
        raise Says("Error response from daemon: the command was cut off", 125)
    return int(code)


def pump(call: Call, line: wire.Wire, seconds: float) -> bool:
    """Hands what a command prints to the script until it ends. False if it hasn't after `seconds`, or if
    the script's own time was over before."""
    late = threading.Event()

    def close() -> None:
        late.set()
        line.close()

    timer = threading.Timer(seconds, close)
    timer.start()
    call.when_over(close)
    left = OUTPUT_MAX
    try:
        for stream, data in line.frames():
            left -= len(data)
            if left < 0:
                raise Refused(
                    f"A command of the script printed more than {size(OUTPUT_MAX)}.", hint="Does it ever end?"
                )
            (call.out if stream == wire.STDOUT else call.err)(data)
    finally:
        timer.cancel()
    return not late.is_set()


DOERS = {"container exec": execute}
