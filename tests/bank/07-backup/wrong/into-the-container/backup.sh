#!/bin/sh
docker run --rm -v diary:/diary busybox:1.37 tar czf /backup.tgz -C /diary .
