#!/bin/sh
if [ "$#" -eq 0 ]; then
    set -- "Plum jam" "Sea salt"
fi
python /app/labels.py "$@"
