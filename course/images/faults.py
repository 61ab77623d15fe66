"""Why a pull failed: from the words of engine and registry to an error with a next step.

Engines report all of it as text. The words are those of moby, containerd, Go's net and crypto/x509 packages,
and of Docker Hub; tests/unit/test_images_faults.py lists real ones.
"""

from __future__ import annotations

import re

from course.errors import (
    CertificateRejected,
    PullFailed,
    RateLimited,
    RegistryUnreachable,
    UnknownTag,
)

ELSEWHERE = (
    "Set COURSE_REGISTRY to a mirror, or load a bundle (course images load FILE), "
    "or build stand-ins: course images pull --stand-ins"
)
_RATE = r"toomanyrequests|too many requests|\b429\b|pull rate limit"
_CERTIFICATE = (
    r"x509:|failed to verify certificate|certificate signed by|certificate has expired|bad certificate"
)
_PLAIN_HTTP = r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake"
_PROXY = r"proxyconnect|Proxy Authentication Required"
_NAME = r"no such host|name resolution|server misbehaving"
_SILENT = (
    r"i/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout|request canceled|no route to host"
    r"|network is unreachable|connection refused|connection reset|unexpected EOF|\bEOF\b"
    r"|\b50[0234]\b.*(Bad Gateway|Unavailable|Timeout|Internal Server Error)"
    r"|received unexpected HTTP status: 50"
)
_LOGIN = r"no basic auth credentials|authentication required"
_UNAUTHORIZED = r"\b40[13]\b|unauthorized|forbidden|(?<!permission )\bdenied\b"
_UNKNOWN = (
    r"manifest unknown|manifest for .* not found|name unknown|repository .*does not exist|: not found"
    r"|pull access denied|no matching manifest|requested access to the resource is denied|\b404\b"
)


def pull_error(words: str, name: str, registry: str) -> PullFailed:
    """The error for a pull of `name` that ended with `words`; `registry` is how to call the place."""
    for pattern, make in _KINDS:
        if re.search(pattern, words, re.IGNORECASE):
            error = make(name, registry)
            error.detail = words
            return error
    return PullFailed(f"{name} could not be pulled from {registry}.", hint=ELSEWHERE, detail=words)


def silent(name: str, registry: str, seconds: float) -> RegistryUnreachable:
    """The error for a registry that says nothing for so many seconds."""
    return RegistryUnreachable(
        f"{registry} did not answer within {seconds:.0f} s when asked for {name}. "
        "A firewall may swallow the request.",
        hint=ELSEWHERE,
    )


def _rate(name: str, registry: str) -> PullFailed:
    return RateLimited(
        f"{registry} has counted enough pulls from this network's address and refuses {name} for a while.",
        hint=f"Wait an hour, or raise the limit with: docker login. {ELSEWHERE}",
    )


def _plain(name: str, registry: str) -> PullFailed:
    return RegistryUnreachable(
        f"{registry} speaks plain HTTP, and the engine insists on TLS.",
        hint='Name it under "insecure-registries" in the engine\'s daemon.json and restart the engine.',
    )


def _proxy(name: str, registry: str) -> PullFailed:
    return RegistryUnreachable(
        f"The engine's proxy did not let it through to {registry}.",
        hint=f"Check the engine's proxy settings (docker info shows them). {ELSEWHERE}",
    )


def _certificate(name: str, registry: str) -> PullFailed:
    return CertificateRejected(
        f"The engine does not trust the certificate that {registry} shows. Often a proxy on the way re-signs "
        "TLS, or the machine's clock is wrong.",
        hint="Put the CA into /etc/docker/certs.d/REGISTRY/ca.crt on the engine's machine, or into the "
        f"system's store and restart the engine. {ELSEWHERE}",
    )


def _no_name(name: str, registry: str) -> PullFailed:
    return RegistryUnreachable(
        f"The engine cannot find {registry}: its name does not resolve. Is this machine offline?",
        hint=ELSEWHERE,
    )


def _unreachable(name: str, registry: str) -> PullFailed:
    return RegistryUnreachable(
        f"The engine cannot reach {registry}: nothing answers there, or not in time.", hint=ELSEWHERE
    )


def _login(name: str, registry: str) -> PullFailed:
    return UnknownTag(
        f"{registry} shows {name} to nobody who isn't logged in, or it has no such image.",
        hint="Check the name, or log in with: docker login REGISTRY",
    )


def _unknown(name: str, registry: str) -> PullFailed:
    return UnknownTag(
        f"{registry} answers, and has no image {name} for this engine's platform, or shows it only to some.",
        hint="Check name and tag. A private image needs: docker login REGISTRY",
    )


# The first that matches counts: a rate limit is often told together with "unauthorized" or "not found".
_KINDS = (
    (_RATE, _rate),
    (_PLAIN_HTTP, _plain),
    (_CERTIFICATE, _certificate),
    (_PROXY, _proxy),
    (_NAME, _no_name),
    (_SILENT, _unreachable),
    (_LOGIN, _login),
    (_UNKNOWN, _unknown),
    (_UNAUTHORIZED, _login),
)
