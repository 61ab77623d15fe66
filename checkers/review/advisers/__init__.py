"""One kind of advice a file: `advise(seen)` yields it, or nothing. In the order of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checkers.review.advice import Advice
from checkers.review.advisers import (
    base_tag,
    build_checks,
    code_edit,
    compose_exposed,
    compose_host,
    compose_limits,
    compose_refused,
    compose_restart,
    compose_secrets,
    compose_start_order,
    compose_tags,
    compose_volumes,
    context_junk,
    dev_packages,
    health_check,
    hidden,
    linted,
    package_caches,
    ports,
    root,
    secret_files,
    secret_settings,
    stop,
    toolchain,
)
from checkers.review.seen import Seen

Adviser = Callable[[Seen], Iterator[Advice]]

ALL: tuple[Adviser, ...] = (
    secret_files.advise,
    secret_settings.advise,
    health_check.advise,
    ports.advise,
    root.advise,
    stop.advise,
    code_edit.advise,
    context_junk.advise,
    hidden.advise,
    package_caches.advise,
    dev_packages.advise,
    toolchain.advise,
    base_tag.advise,
    compose_refused.advise,
    compose_host.advise,
    compose_secrets.advise,
    compose_exposed.advise,
    compose_start_order.advise,
    compose_volumes.advise,
    compose_tags.advise,
    compose_restart.advise,
    compose_limits.advise,
    build_checks.advise,
    linted.advise,
)
