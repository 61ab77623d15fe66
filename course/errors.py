"""Every error that the course raises on purpose.

CourseError
├── EngineError
│   ├── NoEngine                 nothing answers, and none can be brought here
│   ├── EngineDenied             the socket is there, permission is not
│   ├── EngineGone               it answered before and has stopped answering
│   ├── EngineTooOld             it lacks something that was asked for
│   ├── EngineRefused            it answered with an error
│   └── EngineStartFailed        the embedded engine did not come up
│       └── ContainerdSlow       its containerd needed longer than dockerd waits
├── PackageError                 the engine's packages could not be fetched or verified
├── GatewayError                 the gateway could not start or lost its way
├── BuildError
│   ├── ContextError             the build context cannot be read or is too large
│   ├── DockerfileError          missing, empty, unreadable, or refused by the parser
│   ├── StepFailed               an instruction ended with an error
│   └── BuildTimeout             the build passed its deadline
├── TraceError                   a file or value that holds no build trace, or a damaged one
├── ImageError
│   ├── ImageNotFound            no such image in this engine
│   ├── PlatformNotFound         the image is there, for other platforms
│   ├── NotAnImage               a file, or something in it, that is no image
│   ├── ImageDamaged             an image that is cut off, corrupt, or absurd
│   ├── PullFailed
│   │   ├── RateLimited          the registry counts pulls and says enough
│   │   ├── RegistryUnreachable  no name, no route, no answer
│   │   ├── CertificateRejected  somebody on the way re-signs TLS, or a CA is missing
│   │   └── UnknownTag           the registry answers, and has no such image
│   ├── StandInFailed            a stand-in could not be built
│   └── BundleError              a bundle file cannot be read or written
├── ExerciseError
│   ├── UnknownExercise          no exercise of that name
│   ├── ManifestError            exercises.toml and the folders disagree
│   ├── NoWorkingCopy            the learner has not started it, or its folder is gone
│   ├── CheckBusy                the same exercise is being checked already
│   └── FileChanged              another program changed the file that is to be saved
├── LabError                     JupyterLab could not be started
└── InputError                   a file or an argument that cannot be used

Each error has three parts: the fact (its text), the `hint` (the next command or step) and the `detail`
(the engine's or another program's own words, shortened). Faces print the three; nobody shows a traceback.
"""

from __future__ import annotations


class CourseError(Exception):
    """The root. `str(error)` is the fact, in one or two sentences without a trailing newline."""

    hint: str = ""
    detail: str = ""

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint
        if detail:
            self.detail = detail


class EngineError(CourseError):
    """Something between us and the Docker Engine."""

    hint = "Run: course doctor"


class NoEngine(EngineError):
    """No engine answers, and none can be started here."""


class EngineDenied(EngineError):
    """The engine's socket exists, but this user may not open it."""


class EngineGone(EngineError):
    """The engine stopped answering in the middle of something."""


class EngineTooOld(EngineError):
    """The engine lacks a feature that was asked for."""


class EngineRefused(EngineError):
    """The engine answered a request with an error. Its own words are the message."""


class EngineStartFailed(EngineError):
    """The embedded engine did not come up. `detail` holds the last lines of its log."""


class ContainerdSlow(EngineStartFailed):
    """dockerd gave up waiting for its containerd, 15 s after it had started it. Worth another try."""


class PackageError(CourseError):
    """The packages of the embedded engine could not be fetched or verified."""

    hint = "Run: course doctor"


class GatewayError(CourseError):
    """The gateway between the course and the engine could not start or had to give up."""

    hint = "Run: course doctor"


class BuildError(CourseError):
    """A build did not give an image. `line` is the Dockerfile line, where one is known."""

    def __init__(self, message: str, *, hint: str = "", detail: str = "", line: int | None = None) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.line = line


class ContextError(BuildError):
    """The build context cannot be read, or is larger than allowed."""


class DockerfileError(BuildError):
    """The Dockerfile is missing, empty, unreadable, or refused by the parser."""


class StepFailed(BuildError):
    """An instruction ended with an error; `detail` holds the end of its log."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        detail: str = "",
        line: int | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, detail=detail, line=line)
        self.exit_code = exit_code


class BuildTimeout(BuildError):
    """The build was still running at its deadline and was cancelled."""


class TraceError(CourseError):
    """A file or value that should hold the trace of a build and doesn't."""


class ImageError(CourseError):
    """Something about an image or where it comes from."""


class ImageNotFound(ImageError):
    """The engine has no such image."""


class PlatformNotFound(ImageError):
    """The image is there, but not for the platform that was asked for; the message names those it has."""


class NotAnImage(ImageError):
    """A file, or something in it, that is no image."""


class ImageDamaged(ImageError):
    """An image that is cut off, corrupt, or beyond all measure."""


class PullFailed(ImageError):
    """An image could not be pulled. The subclasses say why, where the reason is known."""


class RateLimited(PullFailed):
    """The registry refuses more pulls for a while (HTTP 429)."""


class RegistryUnreachable(PullFailed):
    """The registry's name does not resolve, or nothing answers there."""


class CertificateRejected(PullFailed):
    """The registry's TLS certificate is not trusted by the engine."""


class UnknownTag(PullFailed):
    """The registry answers, and has no such repository or tag."""


class StandInFailed(ImageError):
    """A stand-in image could not be built."""


class BundleError(ImageError):
    """A bundle of images cannot be read or written."""


class ExerciseError(CourseError):
    """Something about an exercise that is not the learner's answer itself."""

    hint = "Run: course list"


class UnknownExercise(ExerciseError):
    """There is no exercise of that name; the message names the nearest ones."""


class ManifestError(ExerciseError):
    """exercises.toml and the folders beside it disagree."""


class NoWorkingCopy(ExerciseError):
    """The exercise has not been started, or its folder is gone."""


class CheckBusy(ExerciseError):
    """Another check of the same exercise is running."""


class FileChanged(ExerciseError):
    """A file of the working copy is not what it was when somebody began to edit it."""


class LabError(CourseError):
    """JupyterLab could not be started."""


class InputError(CourseError):
    """A file, folder or argument that cannot be used."""
