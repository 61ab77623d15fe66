#!/bin/sh
docker network create -o com.docker.network.bridge.host_binding_ipv4=127.0.0.1 shop
docker run --detach --name ledger --network shop -p 8080:8000 \
    busybox:1.37 \
    sh -c 'mkdir -p /www; echo "till 3: 214.50" >/www/index.html; exec httpd -f -p 8000 -h /www'
