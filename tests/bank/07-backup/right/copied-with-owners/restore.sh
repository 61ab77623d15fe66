#!/bin/sh
docker run --rm -v diary:/to -v ./backup:/from busybox:1.37 cp -a /from/. /to
