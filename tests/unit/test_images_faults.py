"""Words of real engines and registries, and the error that each becomes."""

# ruff: noqa: E501  the words are quoted as they come

from __future__ import annotations

import pytest

from course.errors import CertificateRejected, PullFailed, RateLimited, RegistryUnreachable, UnknownTag
from course.images.faults import pull_error, silent

HUB = "Docker Hub"
NO_HOST = (
    'failed to resolve reference "docker.io/library/busybox:1.37": failed to do request: Head '
    '"https://registry-1.docker.io/v2/library/busybox/manifests/1.37": dial tcp: lookup registry-1.docker.io '
    "on 192.168.1.1:53: no such host"
)
CASES = [
    # Rate limits: Hub's own words, by way of the graph drivers and of containerd.
    (
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating "
        "and upgrading: https://www.docker.com/increase-rate-limit",
        RateLimited,
    ),
    (
        "toomanyrequests: You have reached your unauthenticated pull rate limit. "
        "https://www.docker.com/increase-rate-limit",
        RateLimited,
    ),
    (
        "failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/"
        "library/python/manifests/sha256:1111: 429 Too Many Requests - Server message: toomanyrequests: You have "
        "reached your pull rate limit.",
        RateLimited,
    ),
    (
        'failed to resolve reference "docker.io/library/python:3.13-slim": unexpected status from HEAD request to '
        "https://registry-1.docker.io/v2/library/python/manifests/3.13-slim: 429 Too Many Requests",
        RateLimited,
    ),
    (
        "error pulling image configuration: download failed after attempts=1: toomanyrequests: too many requests",
        RateLimited,
    ),
    # No name, no route, no answer.
    (NO_HOST, RegistryUnreachable),
    (
        "Get https://registry-1.docker.io/v2/: dial tcp: lookup registry-1.docker.io: "
        "Temporary failure in name resolution",
        RegistryUnreachable,
    ),
    (
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: '
        "server misbehaving",
        RegistryUnreachable,
    ),
    (
        'Head "https://localhost:5999/v2/library/busybox/manifests/latest": dial tcp 127.0.0.1:5999: connect: '
        "connection refused",
        RegistryUnreachable,
    ),
    (
        'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection '
        "(Client.Timeout exceeded while awaiting headers)",
        RegistryUnreachable,
    ),
    ('Get "https://registry-1.docker.io/v2/": dial tcp 203.0.113.7:443: i/o timeout', RegistryUnreachable),
    ('Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout', RegistryUnreachable),
    ('Get "https://registry-1.docker.io/v2/": context deadline exceeded', RegistryUnreachable),
    ("dial tcp 203.0.113.7:443: connect: no route to host", RegistryUnreachable),
    ("dial udp 203.0.113.53:53: connect: network is unreachable", RegistryUnreachable),
    ('Get "https://registry-1.docker.io/v2/": EOF', RegistryUnreachable),
    ("received unexpected HTTP status: 503 Service Unavailable", RegistryUnreachable),
    (
        "unexpected status from HEAD request to https://mirror.example/v2/library/redis/manifests/8: "
        "502 Bad Gateway",
        RegistryUnreachable,
    ),
    (
        'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: '
        "connection refused",
        RegistryUnreachable,
    ),
    ('Get "https://registry-1.docker.io/v2/": Proxy Authentication Required', RegistryUnreachable),
    (
        'Get "https://mirror.lan:5000/v2/": http: server gave HTTP response to HTTPS client',
        RegistryUnreachable,
    ),
    (
        'Head "https://127.0.0.1:32835/v2/some/manifests/1": tls: first record does not look like a TLS handshake',
        RegistryUnreachable,
    ),
    # Certificates.
    (
        'Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority',
        CertificateRejected,
    ),
    (
        "tls: failed to verify certificate: x509: certificate is valid for proxy.lan, not registry-1.docker.io",
        CertificateRejected,
    ),
    (
        'Get "https://registry-1.docker.io/v2/": x509: certificate has expired or is not yet valid: current time '
        "2020-01-01T00:00:00Z is before 2026-01-01T00:00:00Z",
        CertificateRejected,
    ),
    (
        "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
        CertificateRejected,
    ),
    # A registry that answers, without the image.
    ("manifest for python:3.99-slim not found: manifest unknown: manifest unknown", UnknownTag),
    (
        'failed to resolve reference "docker.io/library/python:3.99-slim": docker.io/library/python:3.99-slim: '
        "not found",
        UnknownTag,
    ),
    (
        "pull access denied for pyhton, repository does not exist or may require 'docker login': denied: "
        "requested access to the resource is denied",
        UnknownTag,
    ),
    (
        "failed to resolve reference: pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed",
        UnknownTag,
    ),
    ("denied", UnknownTag),
    ("name unknown: repository name not known to registry", UnknownTag),
    ("no matching manifest for linux/arm/v7 in the manifest list entries", UnknownTag),
    (
        'failed to resolve reference "127.0.0.1:32840/some:1": pull access denied, repository does not exist or may require '
        "authorization: authorization failed: no basic auth credentials",
        UnknownTag,
    ),
    ('Head "https://localhost:5000/v2/a/manifests/1": no basic auth credentials', UnknownTag),
    (
        "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 401 Unauthorized",
        UnknownTag,
    ),
]


@pytest.mark.parametrize(("words", "kind"), CASES, ids=[words[-40:] for words, _ in CASES])
def test_words_become_the_error_that_fits(words: str, kind: type[PullFailed]) -> None:
    error = pull_error(words, "python:3.13-slim", HUB)
    assert type(error) is kind
    assert error.detail == words
    assert error.hint


def test_other_words_are_an_error_of_no_special_kind() -> None:
    for words in (
        "write /var/lib/docker/tmp/x: no space left on device",
        "mkdir /var/lib/docker/overlay2/x: permission denied",
    ):
        error = pull_error(words, "python:3.13-slim", HUB)
        assert type(error) is PullFailed
        assert error.detail == words


def test_a_message_says_who_did_what() -> None:
    assert "mirror.lan:5000" in str(pull_error(NO_HOST, "busybox:1.37", "mirror.lan:5000"))
    assert "busybox:1.37" in str(pull_error("manifest unknown", "busybox:1.37", HUB))
    assert "20 s" in str(silent("busybox:1.37", HUB, 20.0))


def test_a_rate_limit_names_the_ways_out() -> None:
    hint = pull_error("toomanyrequests", "busybox:1.37", HUB).hint
    for way in ("docker login", "COURSE_REGISTRY", "course images load", "--stand-ins"):
        assert way in hint


def test_a_registry_that_wants_a_login_is_told_from_one_that_lacks_the_image() -> None:
    assert "logged in" in str(pull_error("pull access denied: no basic auth credentials", "a:1", "r:5000"))
    assert "logged in" not in str(
        pull_error("pull access denied for a, repository does not exist", "a:1", HUB)
    )
