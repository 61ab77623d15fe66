#!/bin/sh
# Starts what publish.sh has published, on a machine that has only this folder.
set -e
docker run --detach --name menu "$REGISTRY/kiosk/menu@$(cat digest)"
