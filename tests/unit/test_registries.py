"""The folder of a registry: what is kept, what points to what, and what nothing leads to."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import Any

from course.registries import Kind, Store, read, read_store

LAYER, OTHER = b"a layer", b"\x1f\x8b another"
CONFIG = json.dumps({"architecture": "riscv64", "rootfs": {"diff_ids": ["sha256:unpacked"]}}).encode()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest(config: bytes, *layers: bytes) -> bytes:
    named = [{"digest": digest(layer)} for layer in layers]
    return json.dumps({"config": {"digest": digest(config)}, "layers": named}).encode()


def folder(blobs: list[bytes], tags: dict[str, bytes], revisions: list[bytes] | None = None) -> bytes:
    """A tar of it. `tags`: "shop/app:1" → manifest; `revisions`: what it has, else what has a tag."""
    root, files = "registry/docker/registry/v2", {}
    for blob in blobs:
        sha = digest(blob).partition(":")[2]
        files[f"{root}/blobs/sha256/{sha[:2]}/{sha}/data"] = blob
        files[f"{root}/repositories/shop/app/_layers/sha256/{sha}/link"] = digest(blob).encode()
    kept = f"{root}/repositories/shop/app/_manifests"
    for tag, target in tags.items():
        files[f"{kept}/tags/{tag.partition(':')[2]}/current/link"] = digest(target).encode()
    for target in list(tags.values()) if revisions is None else revisions:
        files[f"{kept}/revisions/{digest(target).replace(':', '/')}/link"] = digest(target).encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as packed:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return made.getvalue()


def stored(*given: Any) -> Store:
    with tarfile.open(fileobj=io.BytesIO(folder(*given))) as packed:
        return read(packed)


def test_what_lies_in_the_folder_is_told_by_what_it_holds() -> None:
    image = manifest(CONFIG, LAYER, OTHER)
    index = json.dumps({"manifests": [{"digest": digest(image)}]}).encode()
    store = stored([LAYER, OTHER, CONFIG, image, index], {"shop/app:1": image, "shop/app:all": index})
    kinds = {each: store.blobs[digest(each)].kind for each in (LAYER, OTHER, CONFIG, image, index)}
    assert list(kinds.values()) == [Kind.LAYER, Kind.LAYER, Kind.CONFIG, Kind.MANIFEST, Kind.INDEX]
    assert store.tags == {"shop/app:1": digest(image), "shop/app:all": digest(index)}
    assert store.size == sum(map(len, (LAYER, OTHER, CONFIG, image, index)))
    assert store.platform(digest(image)) == "riscv64"
    assert store.platform(digest(index)) == store.platform("sha256:unknown") == ""
    assert store.blobs[digest(CONFIG)].layers == ("sha256:unpacked",)
    assert store.garbage == frozenset()


def test_a_manifest_without_a_tag_is_no_garbage_but_a_deleted_one_is_with_what_was_its_own() -> None:
    old, new = manifest(CONFIG, LAYER, OTHER), manifest(CONFIG, LAYER)
    blobs = [LAYER, OTHER, CONFIG, old, new]
    assert stored(blobs, {"shop/app:1": new}, [old, new]).garbage == frozenset()
    assert stored(blobs, {"shop/app:1": new}, [new]).garbage == {digest(old), digest(OTHER)}


def test_the_config_of_an_artifact_is_known_by_its_manifest_alone() -> None:
    image = manifest(b"{}", LAYER)
    assert stored([b"{}", LAYER, image], {}).blobs[digest(b"{}")].kind is Kind.CONFIG


def test_damaged_documents_and_missing_blobs_are_taken_as_they_are() -> None:
    torn = b'{"layers": [1, {"no": "digest"}], "config": null}'
    gone = manifest(CONFIG, b"gone")
    store = stored([b'{"layers', torn, b"{]", b"[1]", gone], {"shop/app:1": gone, "shop/app:2": b"nowhere"})
    assert store.blobs[digest(b'{"layers')].kind is Kind.LAYER
    assert store.blobs[digest(torn)].names == ()
    assert store.reached(store.tags.values()) == {digest(gone)}


def test_a_registry_s_folder_comes_in_pieces_from_its_container() -> None:
    whole = folder([LAYER], {})

    class Container:
        def get_archive(self, path: str) -> tuple[Any, dict[str, Any]]:
            assert path == "/var/lib/registry"
            return (whole[at : at + 700] for at in range(0, len(whole), 700)), {}

    assert list(read_store(Container()).blobs) == [digest(LAYER)]
