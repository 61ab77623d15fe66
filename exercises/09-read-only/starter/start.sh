#!/bin/sh
# Gives the press its folder, steps down, and starts it.
set -eu
chown -R 10001 /app
exec setpriv --reuid=10001 --regid=10001 --clear-groups env PRESS_RUN=/app python -B -m press
