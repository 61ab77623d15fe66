#!/bin/sh
set -e
export SHOP="Ada"
exec "$@"
