"""One image for two CPUs: each has a program of its own. It is read in the image; what can run, is run.

An engine runs what its kernel takes. A program of the wrong CPU inside an image "for arm64" may run well on
the machine that built it, so that a run alone proves nothing.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import tarfile
import uuid
from typing import IO, Any, cast

from checkers.attempt import Attempt, Built
from checkers.rules.base import Outcome, Rule, passed, untold, wrong
from checkers.rules.prints import not_started
from checkers.running import NotStarted
from checkers.stream import Stream
from course.archive import read_image
from course.dockerfile import parse
from course.errors import PlatformNotFound

CPUS = ("amd64", "arm64")
PLATFORMS = ",".join(f"linux/{cpu}" for cpu in CPUS)
_MACHINES = {
    62: "amd64",
    183: "arm64",
    3: "386",
    40: "arm",
    243: "riscv64",
    21: "ppc64",
    22: "s390x",
}  # e_machine
_NATIVE = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_HEAD = 20  # bytes of an ELF file up to and with e_machine
_EXEC = "exec format error"
_RUNS_ON = re.compile(r"\[linux/(\w+)")  # "[linux/amd64->arm64 build 4/4] RUN …": on amd64, for arm64


def both(attempt: Attempt) -> Built:
    """The image for both CPUs."""
    return attempt.build(platform=PLATFORMS)


def programs() -> Rule:
    """The image has a variant for each CPU, and the variant's program is for that CPU."""

    def check(attempt: Attempt) -> Outcome:
        found = {cpu: program_of(attempt, cpu) for cpu in CPUS}
        if found == {cpu: cpu for cpu in CPUS}:
            return passed("The image for each CPU starts a program for that CPU.")
        said = "\n".join(f"linux/{cpu}: {_words(kind)}" for cpu, kind in found.items())
        cpu = next(cpu for cpu in CPUS if found[cpu] != cpu)
        return wrong(
            f"The image for linux/{cpu} starts {_words(found[cpu])}.",
            "The build runs once for each CPU. BUILDPLATFORM is the machine that compiles. Which argument "
            "names the CPU that the image is for, and does it reach the step that compiles?",
            misconception="M17",
            line=_compiles(attempt),
            evidence=said,
        )

    return Rule("programs", "Each CPU has its own program", check, needs=("builds",), apart=True)


def compiles_here() -> Rule:
    """No RUN is for a machine with the other CPU. BuildKit says of each step whose platform it runs on; that
    of one here may run all the same, in an emulator, or in a base image that isn't what it claims to be."""

    def check(attempt: Attempt) -> Outcome:
        here = native(attempt)
        for step in both(attempt).build.steps:
            cpu = _RUNS_ON.match(step.name)
            if cpu and cpu[1] != here and (step.instruction or "").startswith("RUN "):
                return wrong(
                    f"A step was built as if on linux/{cpu[1]}, and this machine is linux/{here}.",
                    "FROM --platform=$BUILDPLATFORM keeps a stage on the machine that builds. Elsewhere its "
                    "steps need an emulator, and are many times slower; without one they fail.",
                    line=step.line,
                    evidence=step.name,
                )
        return passed("Each step ran on this machine's own CPU.")

    return Rule("compiles-here", "Building needs no other CPU", check, needs=("builds",), apart=True)


def runs_here() -> Rule:
    """The variant for this engine's CPU prints what it is told."""
    return Rule(
        "runs-here",
        "It runs on this machine's CPU",
        lambda attempt: _run(attempt, native(attempt)),
        needs=("builds",),
        apart=True,
    )


def runs_elsewhere() -> Rule:
    """The other variant does, too, where the engine's kernel can run it."""

    def check(attempt: Attempt) -> Outcome:
        cpu = next(cpu for cpu in CPUS if cpu != native(attempt))
        return _run(attempt, cpu)

    return Rule("runs-elsewhere", "It runs on the other CPU", check, needs=("programs",))


def native(attempt: Attempt) -> str:
    """The CPU of the engine's machine."""
    return _NATIVE.get(str(attempt.info.get("Architecture")), "amd64")


def program_of(attempt: Attempt, cpu: str) -> str:
    """The CPU of the program that the variant for `cpu` starts. "missing": there is no such variant;
    "absent": no such file; "script": it isn't a compiled program."""
    tag, platform = both(attempt).tag, f"linux/{cpu}"
    try:
        image = read_image(attempt.client, tag, platform=platform)
    except PlatformNotFound:
        return "missing"
    if not image.platform.startswith(platform):
        return "missing"
    head = _head(attempt, tag, platform, image.config)
    if head is None:
        return "absent"
    if not head.startswith(b"\x7fELF"):
        return "script"
    order = "big" if head[5] == 2 else "little"
    return _MACHINES.get(int.from_bytes(head[18:20], order), "another CPU")  # type: ignore[arg-type]


def _head(attempt: Attempt, tag: str, platform: str, config: Any) -> bytes | None:
    """The first bytes of the program that a container of that platform would start."""
    container = attempt.create(tag, ["-"] if not config.get("Entrypoint") else None, platform=platform)
    heads: dict[str, bytes] = {}
    links: dict[str, str] = {}
    with (
        contextlib.closing(Stream(iter(cast("Any", container.export())))) as stream,
        tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive,
    ):
        for entry in archive:
            name = "/" + entry.name.removeprefix("./").strip("/")
            if entry.issym():
                links[name] = posixpath.join(posixpath.dirname(name), entry.linkname)
            elif entry.islnk():
                links[name] = "/" + entry.linkname
            elif entry.isreg() and entry.mode & 0o111:
                file = archive.extractfile(entry)
                heads[name] = file.read(_HEAD) if file else b""
    for path in _places(config):
        for _ in range(8):  # a link may lead to a link
            if path not in links:
                break
            path = posixpath.normpath(links[path])
        if path in heads:
            return heads[path]
    return None


def _places(config: Any) -> list[str]:
    """Where the program may be, in the order in which the engine looks."""
    words = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
    if not words:
        return []
    if "/" in words[0]:
        return [posixpath.normpath(posixpath.join("/", config.get("WorkingDir") or "/", words[0]))]
    paths = [value.removeprefix("PATH=") for value in config.get("Env") or () if value.startswith("PATH=")]
    return [
        posixpath.normpath(posixpath.join("/", folder, words[0])) for folder in ":".join(paths).split(":")
    ]


def _run(attempt: Attempt, cpu: str) -> Outcome:
    words = ["Floor", uuid.uuid4().hex[:8]]
    foreign = cpu != native(attempt)
    try:
        running = attempt.run(both(attempt).tag, words, platform=f"linux/{cpu}")
    except NotStarted as error:
        return _not_here(cpu) if foreign and _EXEC in error.detail else not_started(error, words)
    code = running.wait_exit(attempt.limits.run)
    said = running.logs()
    if foreign and code and _EXEC in said:
        return _not_here(cpu)
    if said == " ".join(words) and code == 0:
        return passed(f"On linux/{cpu} it prints what it is told.")
    return wrong(
        f"`docker run --platform linux/{cpu} IMAGE {' '.join(words)}` printed {said[:200]!r}.",
        'ENTRYPOINT ["/announce"], in exec form, hands the words on.',
        evidence=running.ending(),
    )


def _not_here(cpu: str) -> Outcome:
    return untold(
        f"The program for linux/{cpu} was read in the image, and is for that CPU. It couldn't be run here: "
        "this machine's kernel runs no foreign programs.",
        "With QEMU and binfmt_misc it could. Docker Desktop has both; Debian has qemu-user-static.",
    )


def _words(kind: str) -> str:
    return {
        "missing": "nothing: there is no image for that CPU",
        "absent": "a program that is not in it",
        "script": "a file that is no compiled program",
    }.get(kind, f"a program for {kind}")


def _compiles(attempt: Attempt) -> int | None:
    """The line of the step that compiles, to point at."""
    text = attempt.text() or ""
    lines = [
        one.line for one in parse(text) if one.keyword == "RUN" and "compile" in f"{one.args} {one.body}"
    ]
    return lines[-1] if lines else None
