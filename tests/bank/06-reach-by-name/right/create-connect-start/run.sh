#!/bin/bash
set -euo pipefail
docker network create quay
docker create --name tide --network quay busybox:1.37 \
    sh -c 'mkdir -p /www; echo "high water 06:12" >/www/index.html; exec httpd -f -p 8000 -h /www'
docker create --name board --net=quay busybox:1.37 \
    sh -c 'mkdir -p /www; httpd -p 8000 -h /www; while :; do wget -O /www/index.html http://tide:8000/; sleep 1; done'
docker start tide board
until docker exec board wget -qO- http://tide:8000/; do sleep 0.2; done
