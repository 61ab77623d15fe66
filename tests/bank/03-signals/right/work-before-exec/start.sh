#!/bin/sh
open_till() {
    mkdir -p /tmp/till && cd /tmp/till
    exec python /app/till.py "$@"
}
if [ -e /app/till.py ]; then
    open_till
fi
echo "start.sh: no till" >&2
exit 1
