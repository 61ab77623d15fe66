#!/bin/sh
docker pull "$REGISTRY/kiosk/menu@$(cat digest)"
docker run --detach --name menu "$REGISTRY/kiosk/menu:1.4"
