"""Static figures: one function a figure, one file a figure, each answers with a `Picture`.

The names below load their module (and matplotlib with it) when they are first used: a notebook
that imports this package and draws nothing pays nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course.plots._base_images import BaseImage, base_images
    from course.plots._cache_story import cache_story
    from course.plots._capabilities import capabilities
    from course.plots._compose_graph import compose_graph
    from course.plots._connection_matrix import connection_matrix
    from course.plots._cpu_use import cpu_use
    from course.plots._gantt import gantt
    from course.plots._health_timeline import health_timeline
    from course.plots._image_anatomy import Blob, image_anatomy
    from course.plots._layer_bar import layer_bar
    from course.plots._layer_sharing import layer_sharing
    from course.plots._lifecycle import lifecycle
    from course.plots._memory_use import memory_use
    from course.plots._network_map import network_map
    from course.plots._packet_path import packet_path
    from course.plots._registry_map import registry_map
    from course.plots._start_times import start_times
    from course.plots._startup_timeline import startup_timeline
    from course.plots._step_by_step import step_by_step
    from course.plots._swarm_map import swarm_map
    from course.plots._task_timeline import task_timeline
    from course.plots._volume_map import volume_map
    from course.plots._write_speeds import write_speeds
    from course.plots.picture import Picture, show

__all__ = [
    "BaseImage",
    "Blob",
    "Picture",
    "base_images",
    "cache_story",
    "capabilities",
    "compose_graph",
    "connection_matrix",
    "cpu_use",
    "gantt",
    "health_timeline",
    "image_anatomy",
    "layer_bar",
    "layer_sharing",
    "lifecycle",
    "memory_use",
    "network_map",
    "packet_path",
    "registry_map",
    "show",
    "start_times",
    "startup_timeline",
    "step_by_step",
    "swarm_map",
    "task_timeline",
    "volume_map",
    "write_speeds",
]

_HOME = {"BaseImage": "_base_images", "Blob": "_image_anatomy", "Picture": "picture", "show": "picture"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"course.plots has no figure called {name!r}")
    return getattr(import_module(f"course.plots.{_HOME.get(name, '_' + name)}"), name)
