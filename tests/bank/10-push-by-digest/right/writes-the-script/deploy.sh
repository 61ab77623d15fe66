#!/bin/sh
echo "run publish.sh first" >&2
exit 1
