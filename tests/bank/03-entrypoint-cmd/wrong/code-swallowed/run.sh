#!/bin/sh
python labels.py "$@"
echo "labels: done" >&2
