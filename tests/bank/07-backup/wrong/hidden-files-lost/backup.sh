#!/bin/sh
docker run --rm -v diary:/diary -v "$PWD":/b -w /diary busybox:1.37 sh -c 'tar czf /b/d.tgz *'
