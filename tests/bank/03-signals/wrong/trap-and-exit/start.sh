#!/bin/sh
trap 'exit 0' TERM
python till.py &
wait
