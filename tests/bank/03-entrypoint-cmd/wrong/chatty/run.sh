#!/bin/sh
echo "Printing labels"
exec python labels.py "$@"
