#!/bin/sh
docker run -d --name heartbeat busybox:1.37 -e STATION=harbour --memory 64m --cpus 0.5 --pids-limit 20 --restart unless-stopped
