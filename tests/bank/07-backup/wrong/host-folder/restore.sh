#!/bin/sh
docker run --rm -v diary:/diary -v /tmp:/backup busybox:1.37 tar xzf /backup/d.tgz -C /diary
