#!/bin/sh
set -eu
mkdir -p backups
docker run --rm --mount type=volume,source=diary,target=/diary,readonly \
    --mount "type=bind,source=$PWD/backups,target=/backups" \
    busybox:1.37 tar -czf "/backups/diary-$(date +%F).tar.gz" -C /diary .
