#!/bin/sh
docker tag busybox:1.37 "$REGISTRY/kiosk/menu:1.4"
docker push "$REGISTRY/kiosk/menu:1.4" | sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' >digest
