"""The gateway between every client and the engine: it keeps the tape and labels what is made."""

from course.engine.gateway.call import Call, Tape
from course.engine.gateway.server import Gateway

__all__ = ["Call", "Gateway", "Tape"]
