#!/bin/sh
python till.py &
trap 'kill -TERM $!; exit 0' TERM
wait
