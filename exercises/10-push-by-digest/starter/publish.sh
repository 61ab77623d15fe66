#!/bin/sh
# Publishes the image menu:1.4 to the registry at $REGISTRY.
set -e
docker tag menu:1.4 "$REGISTRY/kiosk/menu:1.4"
