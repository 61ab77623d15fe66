"""A learner's shell script, run whole: a real shell and the real docker CLI in a caged container, whose calls
to the engine go through a door that lets pass what an exercise needs, under names of the attempt's own."""

from checkers.session.session import Ended, Session

__all__ = ["Ended", "Session"]
