"""What an image may be at most. A file can claim anything; these bound what reading it costs."""

from __future__ import annotations

MOST_ENTRIES = 1_000_000
"""Members of all layers together. Each takes some 400 bytes here; the largest images have half as many."""
MOST_NAME = 4096
"""Bytes of one path or link target: Linux's PATH_MAX; a longer one could not be unpacked."""
MOST_NAMES = 256 << 20
"""Bytes of all names together."""
MOST_HEADER = 1 << 20
"""Bytes of one extended tar header."""
MOST_BYTES = 1 << 40
"""Bytes of all layers together, unpacked: 1 TiB."""
MOST_JSON = 4 << 20
"""Bytes of one manifest, index or configuration: what registries accept (OCI distribution specification)."""
MOST_DOCUMENTS = 64 << 20
"""Bytes of all of them together."""
MOST_MEMBERS = 100_000
"""Members of the file that holds an image."""
MOST_WINDOW = 1 << 27
"""Bytes that a zstd stream may look back: 128 MiB, the limit of the zstd command."""

PIECE = 1 << 18
"""Bytes read at once: small enough to stay in the processor's cache, large enough to cost little per call."""
UNPACKED_PIECE = 1 << 20
"""Bytes unpacked at once, however well they were packed."""
