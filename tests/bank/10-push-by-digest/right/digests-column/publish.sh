#!/bin/sh
set -e
name="$REGISTRY/town/window/menu-board"
docker tag menu:1.4 "$name:today"
docker push "$name:today"
mkdir -p release
docker image ls --digests --format "{{.Digest}}" "$name" | head -n 1 >release/digest
