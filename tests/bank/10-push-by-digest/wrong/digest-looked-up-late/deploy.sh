#!/bin/sh
docker pull "$REGISTRY/kiosk/menu:1.4"
docker run --detach --name menu "$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$REGISTRY/kiosk/menu:1.4" | grep "^$REGISTRY/" | head -n 1)"
