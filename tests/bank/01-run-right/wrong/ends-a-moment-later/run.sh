#!/bin/sh
docker run -d --name heartbeat -e STATION=harbour --memory 64m --cpus 0.5 --pids-limit 20 --restart unless-stopped busybox:1.37 sh -c 'echo beat of $STATION; sleep 1'
