#!/bin/sh
tag=$(date +%s)
docker tag menu:1.4 "$REGISTRY/kiosk/menu:$tag"
docker push "$REGISTRY/kiosk/menu:$tag"
echo "$tag" >tag
