#!/bin/sh
docker run --detach --name ledger --expose 8000 --publish-all \
    busybox:1.37 \
    sh -c 'mkdir -p /www; echo "till 3: 214.50" >/www/index.html; exec httpd -f -p 8000 -h /www'
