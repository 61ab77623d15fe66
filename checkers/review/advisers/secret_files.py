"""Files with secrets: in the image, hidden in a layer of it, or copied by the build."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.review import secrets
from checkers.review.advice import Advice, Severity
from checkers.review.secrets import Found
from checkers.review.seen import Seen

_NEVER_IN = "04_layers.ipynb#Never-let-it-in"
_ROTATE = "Whoever has the image, has it. Change the secret, too, if the image was ever pushed."


def advise(seen: Seen) -> Iterator[Advice]:
    """One for each file."""
    told: set[str] = set()
    for path, digest in {path: digest for digest, path in seen.digests.items()}.items():
        found = [one for one in seen.secrets if one.path == path]
        yield from _in_layers(seen, path, digest, found) or _in_context(seen, path, found)
        told.add(digest)
    yield from _made_by_the_build(seen, told)


def _in_layers(seen: Seen, path: str, digest: str, found: list[Found]) -> list[Advice]:
    """The advice for a file of the context whose content is in a layer, under whatever name."""
    for layer in seen.image.layers[seen.below :] if seen.image else ():
        for entry in layer.entries:
            if entry.digest == digest and seen.image:
                node = seen.image.tree.get(entry.path)
                visible = node is not None and node.layer == layer.index
                return [
                    Advice(
                        "secret-in-image",
                        "No secret is in the image",
                        Severity.SERIOUS,
                        f"/{entry.path} holds {_what(found)}, and is in the image."
                        if visible
                        else f"/{entry.path} holds {_what(found)}. A later step deletes it, and it is in the "
                        "image all the same: in the layer below.",
                        f"Write {path} into .dockerignore. {_ROTATE}",
                        _evidence(found),
                        layer.line,
                        seen.dockerfile,
                        misconception=None if visible else "M06",
                        lesson=_NEVER_IN if visible else "",
                    )
                ]
    return []


def _in_context(seen: Seen, path: str, found: list[Found]) -> Iterator[Advice]:
    sent = seen.context.get(path)
    if not sent:
        return
    in_build = seen.build is None or seen.image is None
    yield Advice(
        "secret-in-context",
        "No secret is given to the build",
        Severity.ADVICE if sent.copied else Severity.NOTE,
        f"{path} holds {_what(found)}, and "
        + (
            f"line {sent.copied} copies it" + ("." if in_build else ", though not into the final image.")
            if sent.copied
            else "no ignore file keeps it from the build. No instruction copies it today."
        ),
        f"Write {path} into .dockerignore. What RUN needs to know: RUN --mount=type=secret",
        _evidence(found),
        sent.copied,
        seen.dockerfile if sent.copied else "",
        lesson=_NEVER_IN,
    )


def _made_by_the_build(seen: Seen, told: set[str]) -> Iterator[Advice]:
    """Files of the image's own layers that are no copies: written by a RUN, as .npmrc often is."""
    for layer in seen.image.layers[seen.below :] if seen.image else ():
        for entry in layer.entries:
            content = seen.files.get(entry.path)
            if entry.digest in told or not content or not secrets.is_holder(entry.path):
                continue
            if found := list(secrets.scan(entry.path, content)):
                yield Advice(
                    "secret-in-image",
                    "No secret is in the image",
                    Severity.SERIOUS,
                    f"/{entry.path} holds {_what(found)}, and is in the image.",
                    f"Hand it to the step that needs it: RUN --mount=type=secret. {_ROTATE}",
                    _evidence(found),
                    layer.line,
                    seen.dockerfile,
                    misconception="M07",
                )


def _what(found: list[Found]) -> str:
    names = [one.what for one in found]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _evidence(found: list[Found]) -> str:
    """Where; never the secret itself."""
    return "\n".join(f"{one.path}{f', line {one.line}' if one.line else ''}: {one.what}" for one in found[:8])
