#!/bin/sh
if [ -z "$1" ]; then
    set -- "Plum jam" "Sea salt"
fi
exec python labels.py "$@"
