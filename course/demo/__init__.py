"""A chapter on stage: its cells one after the other, in a kernel of their own, on the live engine."""

from course.demo.kernel import Kernel
from course.demo.steps import DemoStep, chapter_named, steps_of

__all__ = ["DemoStep", "Kernel", "chapter_named", "steps_of"]
