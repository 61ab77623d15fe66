#!/bin/sh
docker network create harbour
docker run --detach --name tide --network harbour \
    busybox:1.37 \
    sh -c 'mkdir -p /www; echo "high water 06:12" >/www/index.html; exec httpd -f -p 8000 -h /www'
docker run --detach --name board --network harbour --link tide:tide \
    busybox:1.37 \
    sh -c 'mkdir -p /www; httpd -p 8000 -h /www; while :; do wget -O /www/index.html http://tide:8000/; sleep 1; done'
