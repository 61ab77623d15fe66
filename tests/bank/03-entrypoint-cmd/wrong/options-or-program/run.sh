#!/bin/sh
if [ "${1#-}" != "$1" ]; then
    set -- python labels.py "$@"
fi
exec "$@"
