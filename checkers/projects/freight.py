"""The freight office of the exercise 09-no-secrets: rates that only a token opens, which is the canary."""

from __future__ import annotations

import base64
import hashlib
import json

from checkers.canary.secret import for_word
from checkers.projects import own_files

_EXERCISE = "09-no-secrets"
_ELSEWHERE = 9.50
_RATES = {"bergen": 4.2, "oslo": 3.9, "hull": 6.1}


def files(word: str) -> dict[str, bytes]:
    """The office as the learner knows it, its rates locked anew, with the token that opens them beside it."""
    canary = for_word(word)
    return own_files(_EXERCISE) | {
        "rates.locked": locked(canary.value, word, canary.proof(word)),
        ".depot-token": f"{canary.value}\n".encode(),
    }


def locked(token: str, nonce: str, edition: str) -> bytes:
    """The rates, as the exercise's depot.py opens them: the edition can be told by who had the token."""
    plain = json.dumps({"edition": edition, "rates": _RATES, "elsewhere": _ELSEWHERE}).encode()
    key = hashlib.shake_256(f"{token} {nonce}".encode()).digest(len(plain))
    document = {
        "nonce": nonce,
        "sha256": hashlib.sha256(plain).hexdigest(),
        "data": base64.b64encode(bytes(one ^ other for one, other in zip(plain, key, strict=True))).decode(),
    }
    return f"{json.dumps(document, indent=1)}\n".encode()


def price(port: str) -> str:
    """What GET /rate/PORT answers for a port that is in no list."""
    return f"A parcel to {port}: {_ELSEWHERE:.2f}"
