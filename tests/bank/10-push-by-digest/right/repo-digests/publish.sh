#!/bin/sh
set -e
docker tag menu:1.4 "$REGISTRY/kiosk/menu:1.4"
docker push --quiet "$REGISTRY/kiosk/menu:1.4"
docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$REGISTRY/kiosk/menu:1.4" | grep "^$REGISTRY/" >image.txt
