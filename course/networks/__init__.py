"""The networks of an engine: who is in which, under what address, what is published, and who reaches whom."""

from course.networks.model import Attachment, Container, Network, NetworkMap, Published
from course.networks.reach import Caller, Door, Matrix, Outcome, doors_of, reach
from course.networks.read import read_map
from course.networks.rules import Rules, publishing_rules

__all__ = [
    "Attachment",
    "Caller",
    "Container",
    "Door",
    "Matrix",
    "Network",
    "NetworkMap",
    "Outcome",
    "Published",
    "Rules",
    "doors_of",
    "publishing_rules",
    "reach",
    "read_map",
]
