#!/bin/sh
docker run --detach --name menu "$REGISTRY/kiosk/menu@$(cat digest)"
