#!/bin/sh
# Runs what lies in /docker-entrypoint.d before nginx starts, and whatever command it is given.
set -e
if [ "$1" = nginx ]; then
    for script in /docker-entrypoint.d/*.sh; do
        if [ -x "$script" ]; then "$script"; fi
    done
fi
exec "$@"
