#!/bin/bash
network=$(docker network create pier)
options=(-d --network="$network")
docker container run "${options[@]}" --name tide busybox:1.37 \
    sh -c 'mkdir -p /www; echo "high water 06:12" >/www/index.html; exec httpd -f -p 8000 -h /www'
docker container run "${options[@]}" --name=board busybox:1.37 \
    sh -c 'mkdir -p /www; httpd -p 8000 -h /www; while :; do wget -O /www/index.html http://tide:8000/; sleep 1; done'
