#!/bin/bash
set -eu
port=8080
docker create --name ledger --publish "127.0.0.1:$port:8000" busybox:1.37 \
    sh -c 'mkdir -p /www; echo "till 3: 214.50" >/www/index.html; exec httpd -f -p 8000 -h /www'
docker start ledger
