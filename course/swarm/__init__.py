"""Several engines on one machine, each in a container, and what a Swarm of them does over time.

`start_nodes` starts them; `read_swarm` and `follow` read what a manager tells. Swarm itself (init, join,
services) is left to the lesson's own calls.
"""

from __future__ import annotations

from course.swarm.history import History, Mark, Stage, TaskStory, follow
from course.swarm.nodes import IMAGE, Node, Nodes, start_nodes
from course.swarm.probe import RECORDED, why_not
from course.swarm.state import Member, Placed, Swarm, read_swarm

__all__ = [
    "IMAGE",
    "RECORDED",
    "History",
    "Mark",
    "Member",
    "Node",
    "Nodes",
    "Placed",
    "Stage",
    "Swarm",
    "TaskStory",
    "follow",
    "read_swarm",
    "start_nodes",
    "why_not",
]
