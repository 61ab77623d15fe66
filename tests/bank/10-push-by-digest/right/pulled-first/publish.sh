#!/bin/sh
set -e
docker tag menu:1.4 "$REGISTRY/kiosk/menu:1.4"
docker push "$REGISTRY/kiosk/menu:1.4" | sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' >digest
