#!/bin/sh
digest=$(grep -o "sha256:[0-9a-f]*" push.log | tail -n 1)
docker run --detach --name menu "$REGISTRY/kiosk/menu:1.4@$digest"
