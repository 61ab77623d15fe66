#!/bin/sh
docker run -dit -m64MiB -eSTATION=harbour --name heartbeat --cpu-period 100000 --cpu-quota 50000 --pids-limit 20 --restart unless-stopped busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
