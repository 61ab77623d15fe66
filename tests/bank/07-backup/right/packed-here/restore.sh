#!/bin/bash
set -eo pipefail
gunzip -c diary.tgz | docker run --rm -i -v diary:/d busybox:1.37 tar xf - -C /
