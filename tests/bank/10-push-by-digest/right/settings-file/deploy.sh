#!/bin/sh
. ./.release
docker create --name menu "$REGISTRY/kiosk/menu@$MENU_DIGEST" && docker start menu
