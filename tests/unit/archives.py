"""Archives made by hand, in every shape that engines and tools write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zstandard

Members = dict[str, bytes]
_OCI = "application/vnd.oci.image"


def tar(members: Mapping[str, bytes | tarfile.TarInfo], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these: bytes are a file's content, a TarInfo is itself; a name with a slash is a directory."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form, errors="surrogateescape") as made:
        for name, value in members.items():
            if isinstance(value, tarfile.TarInfo):
                made.addfile(value)
                continue
            info = tarfile.TarInfo(name.rstrip("/"))
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            info.size = len(value)
            made.addfile(info, io.BytesIO(value))
    return target.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A link, device or pipe."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pack(content: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(content, 1, mtime=0)
    return zstandard.ZstdCompressor(level=1).compress(content) if how == "zstd" else content


def described(body: bytes, kind: str) -> dict[str, Any]:
    """A descriptor, as OCI documents name a blob."""
    return {"mediaType": f"{_OCI}.{kind}", "digest": f"sha256:{sha(body)}", "size": len(body)}


def config(layers: list[bytes], **more: Any) -> dict[str, Any]:
    history = [{"created_by": f"RUN make {n} # buildkit"} for n in range(len(layers))]
    return {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Cmd": ["sh"]},
        "history": [*history, {"created_by": "ENV A=b", "empty_layer": True}],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(one)}" for one in layers]},
        **more,
    }


def old_save(layers: list[bytes], name: str = "test:1", **more: Any) -> Members:
    """As engines up to 24 write: a folder a layer, and a symlink where one comes twice."""
    body = json.dumps(config(layers, **more)).encode()
    members: Members = {f"{sha(body)}.json": body}
    paths: list[str] = []
    for number, content in enumerate(layers):
        folder = f"{number:064x}"
        members |= {f"{folder}/VERSION": b"1.0", f"{folder}/json": b"{}"}
        members[f"{folder}/layer.tar"] = content
        paths.append(f"{folder}/layer.tar")
    manifest = [{"Config": f"{sha(body)}.json", "RepoTags": [name], "Layers": paths}]
    return members | {"manifest.json": json.dumps(manifest).encode(), "repositories": b"{}"}


def oci(
    layers: list[bytes], how: str = "gzip", name: str = "test:1", platform: str = "linux/amd64", **more: Any
) -> tuple[Members, dict[str, Any]]:
    """The blobs of one image in an OCI layout, and its descriptor."""
    system, cpu = platform.split("/")[:2]
    body = json.dumps(config(layers, os=system, architecture=cpu, **more)).encode()
    packed = [pack(one, how) for one in layers]
    suffix = f"+{how}" if how else ""
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": described(body, "config.v1+json"),
        "layers": [described(one, f"layer.v1.tar{suffix}") for one in packed],
    }
    said = json.dumps(manifest).encode()
    members = {f"blobs/sha256/{sha(one)}": one for one in (*packed, body, said)}
    descriptor = described(said, "manifest.v1+json") | {
        "platform": {"os": system, "architecture": cpu},
        "annotations": {"io.containerd.image.name": f"docker.io/library/{name}"},
    }
    return members, descriptor


def layout(*images: tuple[Members, dict[str, Any]]) -> Members:
    """An OCI layout of these, blobs in order of name and the index last, as engines write it."""
    members: Members = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    blobs = {name: body for made, _ in images for name, body in made.items()}
    members |= dict(sorted(blobs.items()))
    index = {"schemaVersion": 2, "manifests": [descriptor for _, descriptor in images]}
    return members | {"index.json": json.dumps(index).encode()}


def nested(*images: tuple[Members, dict[str, Any]], name: str = "multi:1") -> Members:
    """An image for several platforms: the layout's index names an index."""
    manifests = [descriptor for _, descriptor in images]
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": manifests}
    inner = json.dumps(index).encode()
    blobs = {key: body for made, _ in images for key, body in made.items()}
    top = described(inner, "index.v1+json") | {"annotations": {"io.containerd.image.name": name}}
    return layout(({**blobs, f"blobs/sha256/{sha(inner)}": inner}, top))


LOWER = tar({"etc/": b"", "etc/a": b"a" * 1000, "etc/b": b"b" * 700, "big": bytes(300_000)})
UPPER = tar({"etc/": b"", "etc/a": b"c" * 1200, "etc/.wh.b": b"", "dir/": b"", "dir/.wh..wh..opq": b""})
LINKS = tar(
    {
        "h": special("h", tarfile.LNKTYPE, "./big"),
        "s": special("s", tarfile.SYMTYPE, "../etc"),
        "p": special("p", tarfile.FIFOTYPE),
        "n": special("n", tarfile.CHRTYPE),
        "na\udcffme": b"x",
        "d" * 90 + "/" + "e" * 300: b"long",
    }
)
LAYERS = [LOWER, UPPER, LINKS, tar({}), LOWER]


def folder(members: Members, path: Path) -> Path:
    for name, body in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def file(body: bytes, path: Path) -> Path:
    path.write_bytes(body)
    return path


def symlinked(members: Members) -> bytes:
    """Layers that come twice as symlinks, as engines up to 24 save them."""
    known: dict[bytes, str] = {}
    made: dict[str, bytes | tarfile.TarInfo] = {}
    for name, body in members.items():
        made[name] = body
        if name.endswith("layer.tar") and body in known:
            made[name] = special(name, tarfile.SYMTYPE, f"../{known[body]}")
        known.setdefault(body, name)
    return tar(made)


def header(**fields: object) -> bytes:
    info = tarfile.TarInfo("x")
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)
