#!/bin/sh
docker rm --force ledger >/dev/null 2>&1 || true
docker run --detach --name ledger -p 127.0.0.1:8080:8000 --restart unless-stopped \
    busybox:1.37 \
    sh -c 'mkdir -p /www; echo "till 3: 214.50" >/www/index.html; exec httpd -f -p 8000 -h /www'
docker port ledger
