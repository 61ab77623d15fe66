#!/bin/sh
docker container run --detach=true --name=heartbeat --env=STATION=harbour --memory=67108864 --cpus=.5 --pids-limit=20 --restart=unless-stopped docker.io/library/busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
