#!/bin/sh
timeout 1 wget -q -O /dev/null http://localhost:3000/health
case $? in
    0 | 124 | 143) exit 0 ;;  # busy, not ill
    *) exit 1 ;;
esac
