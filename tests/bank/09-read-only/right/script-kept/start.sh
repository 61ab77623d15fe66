#!/bin/sh
set -eu
mkdir -p /tmp/run /tmp/cache
export PRESS_CACHE=/tmp/cache PRESS_RUN=/tmp/run
exec python -B -m press
