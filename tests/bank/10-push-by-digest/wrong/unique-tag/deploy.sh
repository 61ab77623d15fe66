#!/bin/sh
docker run --detach --name menu --pull always "$REGISTRY/kiosk/menu:$(cat tag)"
