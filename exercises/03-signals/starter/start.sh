#!/bin/sh
# Opens the till.
set -eu

SHOP="Ada's Pantry, $(uname -m)"
export SHOP

python till.py
echo "start.sh: that was all"
