#!/bin/sh
set -e
image="${REGISTRY:?}/kiosk/menu"
docker image tag menu:1.4 "$image"
docker image push "$image"
digest=$(docker image inspect --format '{{join .RepoDigests "\n"}}' "$image" | sed -n "s,^$image@,,p")
printf "MENU_DIGEST=%s\n" "$digest" >.release
