#!/bin/sh
# Opens the till.
set -eu

SHOP="Ada's Pantry, $(uname -m)"
export SHOP

# The till takes the shell's place, and so is process 1: docker stop's signal goes to it.
exec python till.py
