#!/bin/sh
docker run -d --name holder -v diary:/diary busybox:1.37 sleep 600
docker exec holder tar c -C /diary . >diary.tar
