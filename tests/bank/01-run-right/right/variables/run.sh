#!/bin/bash
set -euo pipefail
NAME=heartbeat
STATION=harbour
LIMITS=(--memory "64m" --cpus "0.5" --pids-limit "20")
export STATION
docker run -d --name "$NAME" -e "STATION=$STATION" "${LIMITS[@]}" --restart unless-stopped busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
