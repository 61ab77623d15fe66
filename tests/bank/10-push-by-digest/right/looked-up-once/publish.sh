#!/bin/sh
set -e
docker tag menu:1.4 "$REGISTRY/kiosk/menu:1.4"
docker push -q "$REGISTRY/kiosk/menu:1.4" >/dev/null
docker rmi "$REGISTRY/kiosk/menu:1.4" >/dev/null
docker pull "$REGISTRY/kiosk/menu:1.4" | awk '$1 == "Digest:" { print $2 }' >pinned
