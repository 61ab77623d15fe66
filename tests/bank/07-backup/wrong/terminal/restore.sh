#!/bin/sh
docker run --rm -i -v diary:/d busybox:1.37 tar x -C /d <diary.tar
