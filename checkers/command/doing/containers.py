"""docker run, create, start, stop, restart, kill, rm, wait."""

from __future__ import annotations

from dataclasses import replace

from docker.models.containers import Container

from checkers.command import wire
from checkers.command.conversation import Call
from checkers.command.doing.each import each
from checkers.command.doing.executing import pump
from checkers.command.doing.making import make
from checkers.command.flags import RunCommand, parse
from checkers.command.stage import Box, Says, Stage
from checkers.command.words import Refused, Step
from checkers.running import NotStarted


def run(stage: Stage, call: Call, step: Step) -> int:
    """docker run."""
    command = _command(call, step)
    if command.detached:
        box = _made(stage, call, command)
        _start(stage, box)
        call.out(f"{box.id}\n".encode())
        return 0
    # Without a terminal on our side there is none in the container.
    box = _made(stage, call, replace(command, options=command.options | {"tty": False}))
    code = attached(stage, call, box, stdin=bool(command.options.get("stdin_open")))
    if command.removed:
        _remove(stage, box, force=True)
    return code


def create(stage: Stage, call: Call, step: Step) -> int:
    """docker create."""
    box = _made(stage, call, _command(call, step))
    call.out(f"{box.id}\n".encode())
    return 0


def start(stage: Stage, call: Call, step: Step) -> int:
    """docker start."""
    if step.on("attach") or step.on("interactive"):
        return attached(stage, call, stage.box(step.words[0]), stdin=step.on("interactive"))
    return each(stage, call, step.words, lambda word: _start(stage, stage.box(word)))


def attached(stage: Stage, call: Call, box: Box, *, stdin: bool) -> int:
    """Starts a container and holds the terminal until it ends. Returns its exit code."""
    given = call.stdin() if stdin else b""
    line = wire.attach(stage.attempt.client, box.id, stdin=stdin)
    try:
        _start(stage, box)
        if stdin:
            line.send(given)
            line.end_input()
        seconds = stage.attempt.limits.run
        if not pump(call, line, seconds):
            raise Refused(
                f"docker run still held the terminal after {seconds:.0f} s: its container didn't end.",
                hint="What should go on running runs in the background: an option detaches it.",
                detail=box.running.logs(),
            )
    finally:
        line.close()
    code = box.running.wait_exit(stage.attempt.limits.run)
    stage.check_overfull()
    return 125 if code is None else code


def _made(stage: Stage, call: Call, command: RunCommand) -> Box:
    try:
        return make(stage, call, command)
    except Says as said:
        raise Says(f"docker: {said}", 125) from said


def _command(call: Call, step: Step) -> RunCommand:
    command = parse(step.words, attached=True)
    if command.removed and command.options.get("restart_policy", {}).get("Name", "no") not in {"no", ""}:
        raise Says("docker: conflicting options: cannot specify both --restart and --rm", 125)
    around = {name: call.environment[name] for name in command.inherited if name in call.environment}
    if around:
        command.options["environment"] = around | command.options.get("environment", {})
    return command


def _start(stage: Stage, box: Box) -> None:
    _need_free_ports(stage, box)
    try:
        stage.attempt.start(box.running.container)
    except NotStarted as error:
        raise Says(f"docker: Error response from daemon: {error.detail}", 127) from error


def _need_free_ports(stage: Stage, box: Box) -> None:
    """The engine has other ports for them than the script asked for: so a clash is found here."""
    everywhere = {"", "0.0.0.0", "::"}  # noqa: S104  compared, not listened on
    for other in stage.boxes.values():
        if other is box or not other.command.published or other.running.ending():
            continue
        for mine in box.command.published:
            for its in other.command.published:
                same = mine.ip == its.ip or mine.ip in everywhere or its.ip in everywhere
                if same and mine.host and (mine.host, mine.kind) == (its.host, its.kind):
                    raise Says(
                        f"docker: Error response from daemon: Bind for {mine.ip or '0.0.0.0'}:{mine.host} "  # noqa: S104
                        "failed: port is already allocated",
                        125,
                    )


def stop(stage: Stage, call: Call, step: Step) -> int:
    """docker stop."""
    grace = _grace(step)
    return each(stage, call, step.words, lambda word: _docker_py(stage, word).stop(timeout=grace))


def restart(stage: Stage, call: Call, step: Step) -> int:
    """docker restart."""
    grace = _grace(step)
    return each(stage, call, step.words, lambda word: _docker_py(stage, word).restart(timeout=grace))


def kill(stage: Stage, call: Call, step: Step) -> int:
    """docker kill."""
    signal = step.last("signal", "KILL")
    return each(stage, call, step.words, lambda word: _docker_py(stage, word).kill(signal=signal))


def rm(stage: Stage, call: Call, step: Step) -> int:
    """docker rm."""
    force = step.on("force")
    return each(
        stage, call, step.words, lambda word: _remove(stage, stage.box(word), force=force), force=force
    )


def wait(stage: Stage, call: Call, step: Step) -> int:
    """docker wait."""
    for word in step.words:
        box = stage.box(word)
        code = box.running.wait_exit(stage.attempt.limits.run)
        if code is None:
            raise Refused(f"docker wait {word[:60]} waited too long: the container goes on running.")
        call.out(f"{code}\n".encode())
    return 0


def _docker_py(stage: Stage, word: str) -> Container:
    return stage.box(word).running.container


def _remove(stage: Stage, box: Box, *, force: bool) -> None:
    box.running.container.remove(force=force)
    stage.boxes.pop(box.id, None)


def _grace(step: Step) -> int:
    """Seconds before a stop becomes a kill; docker's 10 at most, which a check has no time for."""
    text = step.last("timeout") or step.last("time") or "10"
    try:
        return max(0, min(int(text), 10))
    except ValueError as error:
        raise Refused(f"--time {text[:20]!r} is no number of seconds.") from error


DOERS = {
    "container run": run,
    "container create": create,
    "container start": start,
    "container stop": stop,
    "container restart": restart,
    "container kill": kill,
    "container rm": rm,
    "container wait": wait,
}
