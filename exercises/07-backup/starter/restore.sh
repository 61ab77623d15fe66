#!/bin/sh
# Makes the volume diary again.
docker run --rm -v diary:/diary busybox:1.37 sh -c 'test ! -e /diary.tar.gz || tar xzf /diary.tar.gz -C /diary'
