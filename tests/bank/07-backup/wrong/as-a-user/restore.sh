#!/bin/sh
docker run --rm -i --user 1000:1000 -v diary:/d busybox:1.37 tar x -C /d <diary.tar
