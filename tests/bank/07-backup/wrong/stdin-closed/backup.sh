#!/bin/sh
docker run --rm -v diary:/d:ro busybox:1.37 tar c -C /d . >diary.tar
