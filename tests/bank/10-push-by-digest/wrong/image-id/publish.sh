#!/bin/sh
docker tag menu:1.4 "$REGISTRY/kiosk/menu:1.4"
docker push "$REGISTRY/kiosk/menu:1.4"
docker inspect --format "{{.Id}}" menu:1.4 >id
