#!/bin/sh
exec docker run --restart unless-stopped --pids-limit 20 --cpus 0.5 -m 64M -e STATION="harbour" --name heartbeat -d busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
