#!/bin/bash
set -euo pipefail
for tag in 1.4 1 latest; do
    docker tag menu:1.4 "$REGISTRY/menu:$tag"
    docker push "$REGISTRY/menu:$tag" | tee "push-$tag.log"
done
