#!/bin/sh
docker create --name holder -v diary:/diary busybox:1.37 true
docker cp holder:/diary - >diary.tar
docker rm holder
