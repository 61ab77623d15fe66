"""Which calls are followed, and by what. Everything else passes untouched."""

from __future__ import annotations

import re

from course.engine.gateway import creating, images, pruning
from course.engine.gateway.call import OpenCall
from course.engine.gateway.handling import Handling
from course.engine.gateway.heads import Request
from course.engine.gateway.recording import Backend, Recording

_RECORDED: tuple[tuple[str, re.Pattern[str], type[Recording]], ...] = tuple(
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("POST", r"/containers/create", creating.CreateContainer),
        ("POST", r"/(networks|volumes|services|secrets|configs)/create", creating.CreateLabelled),
        ("DELETE", r"/containers/[^/]+", creating.DeleteContainer),
        ("DELETE", r"/(networks|volumes)/.+", creating.DeleteNamed),
        ("POST", r"/build", images.Build),
        ("POST", r"/images/create", images.Create),
        ("POST", r"/images/load", images.Load),
        ("POST", r"/images/.+/tag", images.Tag),
        ("POST", r"/commit", images.Commit),
        ("DELETE", r"/images/.+", images.Delete),
        ("POST", r"/images/prune", pruning.PruneImages),
        ("POST", r"/build/prune", pruning.PruneBuildCache),
    )
)
_BUILDKIT = frozenset({("POST", "/grpc"), ("PRI", "*")})
_LABELLED_PRUNES = re.compile(r"/(containers|networks|volumes)/prune")


def handling(request: Request, call: OpenCall, backend: Backend) -> Handling:
    """The handler for a call."""
    if request.method in ("GET", "HEAD"):
        return Handling(call)
    if request.method == "POST" and _LABELLED_PRUNES.fullmatch(request.path):
        return pruning.PruneLabelled(call)
    if (request.method, request.path) in _BUILDKIT:
        from course.engine.gateway.buildkit import Grpc  # here: most kernels never load hpack

        return Grpc(call, backend)
    for method, pattern, handler in _RECORDED:
        if method == request.method and pattern.fullmatch(request.path):
            return handler(call, backend)
    return Handling(call)
