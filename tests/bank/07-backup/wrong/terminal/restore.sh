#!/bin/sh
docker run --rm -i -v diary:/d busybox:1.37 tar xz -C /d <diary.tgz
