#!/bin/sh
set -e
read -r digest <digest
docker pull "$REGISTRY/kiosk/menu@$digest"
docker tag "$REGISTRY/kiosk/menu@$digest" menu:1.4
docker run --detach --name menu menu:1.4
