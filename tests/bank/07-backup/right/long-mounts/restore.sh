#!/bin/sh
set -eu
latest=$(ls backups | tail -n 1)
docker run --rm --mount type=volume,source=diary,target=/diary \
    --mount "type=bind,source=$PWD/backups,target=/backups,readonly" \
    busybox:1.37 tar -xzf "/backups/$latest" -C /diary
