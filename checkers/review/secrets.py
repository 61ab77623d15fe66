"""Finds what looks like a secret, in a file or a variable. Nothing that it returns holds the secret itself.

It knows the usual files, the prefixes of some services' tokens, private keys, names such as PASSWORD, and in
files of settings values that look drawn at random. It knows no secret that looks like a word, and none that
is packed or encoded: that nothing was found proves nothing.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 256 * 1024
"""Bytes of a file that is looked into."""
_RANDOM_BITS = 3.5  # entropy of a character; English words have about 3, base64 of random bytes 5 and more
_RANDOM_LENGTH = 20
# Prefixes that their services have chosen for being found.
_TOKENS = {
    "a private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "an AWS access key": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a GitLab token": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "an npm token": rb"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": rb"\bpypi-[A-Za-z0-9_-]{50,}",
    "a Slack token": rb"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": rb"\b[sr]k_live_[A-Za-z0-9]{20,}",
    "a Google API key": rb"\bAIza[A-Za-z0-9_-]{35}\b",
}
# Files that exist to hold one: the line that does.
_HOLDERS = {
    ".npmrc": rb"(?:_authToken|_auth|_password)\s*=\s*[^\s$]",
    ".yarnrc.yml": rb"npmAuth(?:Token|Ident):\s*[\"']?[^\s$\"']",
    ".netrc": rb"password\s+\S",
    ".pypirc": rb"password\s*[:=]\s*\S",
    "pip.conf": rb"://[^/\s:@]+:[^/\s@$]+@",
    ".git-credentials": rb"://[^/\s:@]*:[^/\s@]+@",
    ".aws/credentials": rb"aws_secret_access_key\s*=\s*\S",
    ".docker/config.json": rb"\"auth\"\s*:\s*\"[^\"]{8,}\"",
    ".git/config": rb"url\s*=\s*https?://[^/\s:@]+:[^/\s@]+@",
    "*.tfstate": rb"\"(?:password|secret\w*|private_key)\"\s*:\s*\"[^\"]+\"",
}
_BY_NAME = ("*.p12", "*.pfx", "*.jks", "*.kdbx", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")
_SECRETISH = re.compile(
    r"(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|SECRET|SECRETS|TOKEN|APIKEY|CREDENTIALS?)(?:_|$)"
    r"|(?:API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION|AUTH)_?KEY",
)
_NO_SECRET = re.compile(r"_(?:FILE|PATH|ID|URL|NAME|USER|LENGTH|TTL|EXPIRY|EXPIRES?(?:_IN)?)$|PUBLIC")
_PLACEHOLDER = re.compile(
    r"(?:change.?me|replace.?me|example|sample|dummy|default|password|passwd|secret|test(?:ing)?|dev|todo|"
    r"x{3,}|\*+|\.{3}|<.*>|your.*|none|null|true|false|\d{1,4})",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$", re.MULTILINE)
_IN_URL = re.compile(r"\w+://[^/\s:@]*:([^/\s@$]+)@")


@dataclass(frozen=True)
class Found:
    """Something in a file that looks like a secret."""

    path: str
    what: str  # "a private key", "DB_PASSWORD"
    line: int | None = None


def is_holder(path: str) -> bool:
    """Whether a file of that name often holds a secret."""
    return is_settings(path) or any(_named(path, one) for one in (*_HOLDERS, *_BY_NAME, "*.pem", "*.key"))


def is_settings(path: str) -> bool:
    """Whether it is an environment file, and no example of one."""
    name = path.rpartition("/")[2]
    if name != ".env" and not name.startswith(".env.") and not name.endswith(".env"):
        return False
    return not re.search(r"example|sample|template|dist|defaults?", name)


def scan(path: str, content: bytes) -> tuple[Found, ...]:
    """What a file holds, the first of each kind."""
    found: dict[str, Found] = {}
    for what, at in _hits(path, content):
        found.setdefault(what, Found(path, what, content.count(b"\n", 0, at) + 1 if at is not None else None))
    return tuple(found.values())


def _hits(path: str, content: bytes) -> Iterator[tuple[str, int | None]]:
    for what, pattern in _TOKENS.items():
        if hit := re.search(pattern, content):
            yield what, hit.start()
    for holder, pattern in _HOLDERS.items():
        if _named(path, holder) and (hit := re.search(pattern, content, re.IGNORECASE)):
            yield "a password or token", hit.start()
    if content and any(_named(path, one) for one in _BY_NAME):
        yield "a key, by its name", None
    if is_settings(path):
        text = content.decode("latin-1")  # a byte a character, so that places are the same
        for hit_ in _ASSIGNED.finditer(text):
            if suspicious(hit_[1], hit_[2].strip("\"'")):
                yield hit_[1], hit_.start(1)


def _named(path: str, pattern: str) -> bool:
    """Whether a path ends in that, which may be a name's pattern or a file in a folder."""
    depth = pattern.count("/") + 1
    return fnmatch.fnmatchcase("/".join(path.split("/")[-depth:]), pattern)


def suspicious(name: str, value: str) -> bool:
    """Whether a variable of that name and value looks like a secret, and the value like a real one."""
    if not value or "${" in value or value.startswith("$") or placeholder(value):
        return False
    url = _IN_URL.search(value)
    if url:
        return not placeholder(url[1])
    return secretish(name) or _random(value)


def secretish(name: str) -> bool:
    """Whether a variable's name says that it holds a secret."""
    upper = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
    return bool(_SECRETISH.search(upper)) and not _NO_SECRET.search(upper)


def placeholder(value: str) -> bool:
    """Whether a value only stands where the real one will be."""
    return bool(_PLACEHOLDER.fullmatch(value.strip()))


def has_token(text: str) -> str:
    """The kind of token that a text holds, "" if it holds none that is known."""
    return next((what for what, one in _TOKENS.items() if re.search(one, text.encode())), "")


def masked(value: str) -> str:
    """A value that can be shown: enough to recognise it, too little to use it."""
    return f"{value[:2]}… ({len(value)} characters)" if len(value) > 8 else f"… ({len(value)} characters)"


def _random(value: str) -> bool:
    if len(value) < _RANDOM_LENGTH or not re.fullmatch(r"[A-Za-z0-9+/=_-]+", value):
        return False
    kinds = sum(bool(re.search(one, value)) for one in (r"\d", "[a-z]", "[A-Z]"))
    if kinds < 2 or value.startswith("/"):  # words, a path
        return False
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return bits >= _RANDOM_BITS
