"""Compilers in the image that is shipped: needed to build, and by nobody afterwards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from checkers.review.advice import Advice, Severity
from checkers.review.seen import Seen
from course.amounts import size

_TOOLS = {
    "a C compiler": r"usr/(?:lib|libexec)/gcc/.*/(?:cc1|cc1plus|lto1|collect2)$|usr/lib/llvm-\d+/",
    "Go": r"usr/(?:local/go|lib/go(?:-[\d.]+)?)/(?:pkg|src|bin)/",
    "Rust": r"usr/local/rustup/|usr/lib/rustlib/",
    "a JDK": r".*/(?:jmods/.*\.jmod|lib/ct\.sym|lib/src\.zip)$",
    "the .NET SDK": r"usr/(?:share|lib)/dotnet/sdk/",
}
_LIMIT = 10_000_000  # bytes


def advise(seen: Seen) -> Iterator[Advice]:
    """At most one."""
    if seen.image is None:
        return
    bytes_, own = Counter[str](), set[int]()
    for layer in seen.image.layers:
        for entry in layer.entries:
            what = next((one for one, where in _TOOLS.items() if re.match(where, entry.path)), "")
            node = seen.image.tree.get(entry.path) if what else None
            if node and node.layer == layer.index and entry.kind == "file":
                bytes_[what] += entry.size
                own |= {layer.index} if layer.index >= seen.below else set()
    total = sum(bytes_.values())
    if total < _LIMIT:
        return
    line = seen.image.layers[min(own)].line if own else seen.last("FROM")
    yield Advice(
        "toolchain",
        "No compiler is in the image",
        Severity.ADVICE,
        f"The image holds {' and '.join(what for what, _ in bytes_.most_common())}: {size(total)} at least"
        + (", which its base brings along." if not own else "."),
        "Build in a stage with the tools, and copy the result into a small base: COPY --from. Where the app "
        "runs a compiler itself, this advice is wrong.",
        "\n".join(f"{what}: {size(count)}" for what, count in bytes_.most_common()),
        line,
        seen.dockerfile,
        lesson="05_cache_and_buildkit.ipynb#Stages",
    )
