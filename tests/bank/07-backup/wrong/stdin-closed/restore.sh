#!/bin/sh
docker run --rm -v diary:/d busybox:1.37 tar x -C /d <diary.tar
