#!/bin/sh
docker run -d --name heartbeat -e STATION=harbour --memory 64m --cpus 0.5 --pids-limit 20 --restart unless-stopped python:3.13-slim sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done'
