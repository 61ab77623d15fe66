#!/bin/sh
if command -v "$1" >/dev/null; then
    exec "$@"
fi
exec python labels.py "$@"
