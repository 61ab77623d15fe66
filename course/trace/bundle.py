"""`.dockerbuild` files: build records as `docker buildx history export` bundles them.

(docker/buildx, util/desktop/bundle: an OCI layout; each manifest's config is the record, its layers are the
messages, four bytes of length before each, and in-toto provenance, which knows the Dockerfile and each
vertex's line.)
"""

from __future__ import annotations

import base64
import json
import struct
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from course.dockerfile import parse
from course.errors import TraceError
from course.trace.given import Given
from course.trace.lines import Lines
from course.trace.model import Build
from course.trace.recorder import Recorder

_BLOB_MAX = 64 * 1024 * 1024  # bytes of one part; a step's log is at most 2 MiB
_MEMBERS_MAX = 10_000
_METADATA = "https://mobyproject.org/buildkit@v1#metadata"


def read(path: Path) -> Build:
    """The latest build in the bundle. Raises TraceError, and what tarfile, zlib and json raise for damage."""
    builds = [_build(found) for found in _records(_blobs(path))]
    if not builds:
        raise TraceError(f"{path.name} holds no record of a build.", hint="It is another kind of archive.")
    return max(builds, key=lambda build: build.started or 0.0)


def finished(recorder: Recorder, dockerfile: str = "", given: Given | None = None) -> Build:
    """What a recorder knows of a build that is over: its duration is that of its vertices."""
    recorder.given = given or (Given(dockerfile=dockerfile) if dockerfile else None)
    text = recorder.given.dockerfile if recorder.given else ""
    build = recorder.build(0.0, Lines(text).of(recorder.names()) if parse(text) else None)
    ends = [end for vertex in build.vertices for _, end in vertex.intervals if end is not None]
    return replace(build, seconds=max(ends) - (build.started or 0.0) if ends else 0.0)


def _blobs(path: Path) -> dict[str, bytes]:
    """The parts by digest, and the index under "". Raises TraceError for one that is absurdly large."""
    found: dict[str, bytes] = {}
    total = 0
    with tarfile.open(path, "r:*") as tar:
        for count, member in enumerate(tar):
            total += member.size
            if total > _BLOB_MAX or count > _MEMBERS_MAX:
                raise TraceError(
                    f"{path.name} is far larger than the trace of a build.", hint="Is it an image?"
                )
            file = tar.extractfile(member) if member.isreg() else None
            if file is None:
                continue
            if member.name == "index.json":
                found[""] = file.read()
            elif member.name.startswith("blobs/"):
                found[":".join(member.name.split("/")[1:])] = file.read()
    return found


def _records(blobs: Mapping[str, bytes]) -> Iterator[tuple[dict[str, Any], list[tuple[str, bytes]]]]:
    """Each record, with its parts as (media type, content)."""
    for entry in json.loads(blobs.get("") or b"{}").get("manifests") or ():
        manifest = json.loads(blobs[entry["digest"]])
        config = manifest.get("config") or {}
        if "buildkit.historyrecord" not in str(config.get("mediaType")):
            continue
        parts = [
            (str(one["mediaType"]), blobs[one["digest"]])
            for one in manifest.get("layers") or ()
            if one["digest"] in blobs
        ]
        yield json.loads(blobs[config["digest"]]), parts


def _build(found: tuple[dict[str, Any], list[tuple[str, bytes]]]) -> Build:
    record, parts = found
    recorder = Recorder()
    provenance: dict[str, Any] = {}
    for kind, content in parts:
        if "buildkit.status" in kind:
            for message in _split(content):
                recorder.feed(message)
        elif "in-toto" in kind and not provenance:
            provenance = json.loads(content)
    recorder.error = str((record.get("error") or {}).get("message") or "")
    results = (record.get("Result") or {}).get("Results") or {}
    recorder.image = next((str(one.get("digest") or "") for one in results.values()), "")
    attributes = {str(name): str(value) for name, value in (record.get("FrontendAttrs") or {}).items()}
    build = finished(recorder, given=_given(attributes, record, provenance))
    lines = _lines(provenance)
    return replace(
        build,
        vertices=tuple(
            replace(one, line=lines.get(one.digest, one.line)) if one.stage is not None else one
            for one in build.vertices
        ),
    )


def _split(content: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(content):
        (length,) = struct.unpack_from("<I", content, at)
        at += 4
        if at + length > len(content):
            raise ValueError("the messages are cut short")
        yield content[at : at + length]
        at += length


def _given(attributes: Mapping[str, str], record: Mapping[str, Any], provenance: Mapping[str, Any]) -> Given:
    def named(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value for name, value in attributes.items() if name.startswith(prefix)
        }

    filename = attributes.get("filename", "Dockerfile")
    names = [str((one.get("Attrs") or {}).get("name") or "") for one in record.get("Exporters") or ()]
    return Given(
        dockerfile=_dockerfile(provenance, filename),
        dockerfile_name=filename,
        tag=next((name.removeprefix("docker.io/").removeprefix("library/") for name in names if name), ""),
        target=attributes.get("target", ""),
        platform=attributes.get("platform", ""),
        network=attributes.get("force-network-mode", ""),
        no_cache="no-cache" in attributes,
        build_args=named("build-arg:"),
        labels=named("label:"),
    )


def _source(provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    # SLSA 0.2 keeps it in "metadata", 1.0 in "runDetails".
    for place in (provenance.get("metadata"), (provenance.get("runDetails") or {}).get("metadata")):
        for name in (_METADATA, "buildkit_metadata"):
            found = (place or {}).get(name)
            if isinstance(found, Mapping) and isinstance(found.get("source"), Mapping):
                source: Mapping[str, Any] = found["source"]
                return source
    return {}


def _dockerfile(provenance: Mapping[str, Any], filename: str) -> str:
    for info in _source(provenance).get("infos") or ():
        if info.get("filename") == filename or not info.get("filename"):
            return base64.b64decode(info.get("data") or "").decode("utf-8", "replace")
    return ""


def _lines(provenance: Mapping[str, Any]) -> dict[str, int]:
    """Digest of a vertex → its first line, as BuildKit itself noted it."""
    config = provenance.get("buildConfig") or (
        ((provenance.get("buildDefinition") or {}).get("internalParameters") or {}).get("buildConfig") or {}
    )
    steps = config.get("digestMapping") or {}
    locations = _source(provenance).get("locations") or {}
    found: dict[str, int] = {}
    for digest, step in steps.items():
        places = (locations.get(step) or {}).get("locations") or ()
        lines = [one["ranges"][0]["start"]["line"] for one in places if one.get("ranges")]
        if len(lines) == 1:  # a FROM that several stages share has several: none is claimed
            found[str(digest)] = int(lines[0])
    return found
