#!/bin/sh
docker run --detach --name menu "$REGISTRY/kiosk/menu:1.4"
