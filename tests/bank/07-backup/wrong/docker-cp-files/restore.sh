#!/bin/sh
docker create --name hold -v diary:/diary busybox:1.37 true
docker cp ./backup/. hold:/diary
docker rm hold
