#!/bin/sh
docker run --rm -it -v diary:/d:ro busybox:1.37 tar c -C /d . >diary.tar
