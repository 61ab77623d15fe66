#!/bin/sh
docker run --rm -v diary:/diary busybox:1.37 tar xzf /backup.tgz -C /diary
