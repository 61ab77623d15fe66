"""One layer: what its tar lists. Sizes are bytes; digests are sha256 for blobs and xxh3-128 for contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["file", "dir", "symlink", "hardlink", "device", "fifo"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of a layer's tar.

    A name that is not UTF-8 keeps its bytes as `surrogateescape` does; `os.fsencode(path)` gives them back.
    """

    path: str  # "usr/bin/env": no leading or trailing slash
    kind: Kind
    size: int = 0  # of a file's content; 0 for all else, hard links too
    mode: int = 0o644  # permission bits, set-uid and the like included
    uid: int = 0
    gid: int = 0
    target: str = ""  # of a symlink, as written; of a hard link, a path like `path`
    digest: str = ""  # xxh3-128 of a file's content; "" for all else, and where nobody hashed

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image, bottom first.

    Three sizes, because engines mean different things by "size": `tar_bytes` are the contents of the layer's
    files (what `docker history` says on graph drivers such as overlay2), `compressed_bytes` is the blob as it
    is stored or sent, `disk_bytes` are the disk blocks of the unpacked files (what `docker history` says on
    the containerd store). One that nobody has told is None.
    """

    index: int  # its place in the image, from 0, the bottom
    digest: str = ""  # of the blob as stored; "" where the source doesn't name it
    diff_id: str = ""  # of the uncompressed tar: the layer's identity, whatever it was packed with
    instruction: str = ""  # what made it, as the image's history writes it; "" where there is no history
    line: int | None = None  # of the Dockerfile, where that is known
    tar_bytes: int = 0  # the contents of its files; 0 until `read`
    compressed_bytes: int | None = None  # None also where the blob is stored uncompressed
    disk_bytes: int | None = None
    entries: tuple[Entry, ...] = ()  # in the tar's order
    whiteouts: tuple[str, ...] = ()  # paths of lower layers that it deletes
    opaque: tuple[
        str, ...
    ] = ()  # directories of which it shows nothing that lower layers hold; "" is the root
    read: bool = True  # False: the sizes come from the engine's history and the files are not known yet
    stream_bytes: int | None = None  # length of the uncompressed tar, with headers and padding
    compression: str = ""  # "gzip", "zstd", "" for none or not known

    @property
    def empty(self) -> bool:
        """Whether it was read and changes nothing."""
        return self.read and not (self.entries or self.whiteouts or self.opaque)

    @property
    def files(self) -> int:
        """How many files it brings; a hard link is no file of its own."""
        return sum(entry.kind == "file" for entry in self.entries)

    @property
    def shown_bytes(self) -> int:
        """The best size for a bar: contents once read, else whatever the engine told."""
        return (
            self.tar_bytes if self.read else self.tar_bytes or self.disk_bytes or self.compressed_bytes or 0
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of an image's history, oldest first."""

    instruction: str
    layer: int | None  # the index of the layer that it made; None for one that only changes the configuration
    line: int | None = None
    created: str = ""  # RFC 3339, as the history has it
