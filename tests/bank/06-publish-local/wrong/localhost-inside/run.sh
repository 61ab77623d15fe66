#!/bin/sh
docker run --detach --name ledger -p 127.0.0.1:8080:8000 \
    busybox:1.37 \
    sh -c 'mkdir -p /www; echo "till 3: 214.50" >/www/index.html; exec httpd -f -p 127.0.0.1:8000 -h /www'
