#!/bin/sh
docker rm -f heartbeat >/dev/null 2>&1 || true
docker pull busybox:1.37
id=$(docker run -d --name heartbeat -e STATION=harbour --memory 64m --cpus 0.5 --pids-limit 20 --restart unless-stopped busybox:1.37 sh -c 'trap "exit 1" USR1; while :; do echo "beat of $STATION"; sleep 1; done')
echo "started $id"
docker logs heartbeat
