#!/bin/sh
docker run -d --name tide busybox:1.37 \
    sh -c 'mkdir -p /www; echo "high water 06:12" >/www/index.html; exec httpd -f -p 8000 -h /www'
ip=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' tide)
docker run -d --name board --add-host tide:$ip busybox:1.37 \
    sh -c 'mkdir -p /www; httpd -p 8000 -h /www; while :; do wget -O /www/index.html http://tide:8000/; sleep 1; done'
