#!/bin/sh
# `docker run node:20 app.js` and `docker run node:20 --version` mean node; any other command is run as it is.
set -e
case ${1:-} in
    -*) set -- node "$@" ;;
    *)
        if ! command -v "${1:-}" >/dev/null || { [ -f "$1" ] && [ ! -x "$1" ]; }; then
            set -- node "$@"
        fi
        ;;
esac
exec "$@"
