"""BuildKit's status messages → `Vertex` and `Build`. No Docker in here: records go in, facts come out."""

from course.trace.model import Build, BuildWarning, Vertex
from course.trace.recorder import Recorder

__all__ = ["Build", "BuildWarning", "Recorder", "Vertex"]
