"""What is looked for: either half of the secret, so that a line break in its middle hides nothing."""

from __future__ import annotations

import functools
import hashlib
import secrets
import string
from dataclasses import dataclass, field

_LETTERS = string.ascii_letters + string.digits
_HALF = 24  # letters; 130 random bits, which no image has by chance


@dataclass(frozen=True)
class Canary:
    """A secret of one attempt. Its text is in no message: `repr` doesn't show it."""

    value: str = field(repr=False)

    @functools.cached_property
    def needles(self) -> tuple[tuple[bytes, bool], ...]:
        """What gives it away, and whether it is written backwards there."""
        middle = len(self.value) // 2
        halves = [half.encode() for half in (self.value[:middle], self.value[middle:])]
        return tuple((text, back) for half in halves for text, back in ((half, False), (half[::-1], True)))

    def proof(self, nonce: str) -> str:
        """What only who has the secret can make of `nonce`: SHA-256 of both, as hexadecimal digits."""
        return hashlib.sha256(f"{self.value} {nonce}".encode()).hexdigest()


def for_word(word: str) -> Canary:
    """The canary of the attempt with that random word: always the same one in this process, and one that
    nobody outside of it can make of the word."""
    stream = hashlib.shake_256(_own() + word.encode()).digest(2 * _HALF)
    text = "".join(_LETTERS[byte % len(_LETTERS)] for byte in stream)
    # A sign that is written otherwise in an address; none that a shell or a path minds.
    return Canary("".join(f"{half[:11]}+{half[12:]}" for half in (text[:_HALF], text[_HALF:])))


@functools.cache
def _own() -> bytes:
    return secrets.token_bytes(32)
