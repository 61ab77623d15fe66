"""A BuildKit build over the Engine API: a tar goes in, the solve graph comes back as a stream."""

from course.build.context import pack
from course.build.driver import build

__all__ = ["build", "pack"]
