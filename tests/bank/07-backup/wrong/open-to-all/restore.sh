#!/bin/sh
docker run --rm -i -v diary:/d busybox:1.37 sh -c 'tar x -C /d && chmod -R 777 /d' <diary.tar
