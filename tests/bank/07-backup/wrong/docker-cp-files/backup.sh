#!/bin/sh
docker create --name hold -v diary:/diary busybox:1.37 true
docker cp hold:/diary ./backup
docker rm hold
