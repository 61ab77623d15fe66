#!/bin/sh
docker create --name heartbeat -e STATION=harbour -m 65536k --cpus 0.50 --pids-limit 20 --restart unless-stopped busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
docker start heartbeat
