#!/bin/sh
digest=$(grep -oh "sha256:[0-9a-f]\{64\}" push-*.log | sort -u)
docker rm --force menu 2>/dev/null || true
docker run -d --restart unless-stopped --name menu "$REGISTRY/menu@$digest"
