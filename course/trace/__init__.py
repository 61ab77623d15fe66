"""BuildKit's status messages → `Vertex` and `Build`. No Docker in here: records go in, facts come out."""

from course.trace.compare import compare
from course.trace.given import ContextFile, Given
from course.trace.model import Build, BuildWarning, Progress, Vertex
from course.trace.opened import open_trace
from course.trace.recorder import Recorder
from course.trace.story import CacheStory, FileChange, Reason, StepStory

__all__ = [
    "Build",
    "BuildWarning",
    "CacheStory",
    "ContextFile",
    "FileChange",
    "Given",
    "Progress",
    "Reason",
    "Recorder",
    "StepStory",
    "Vertex",
    "compare",
    "open_trace",
]
