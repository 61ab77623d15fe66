#!/bin/sh
trap 'echo "till closed: 4 sold, at last bread"; exit 0' TERM
python till.py &
wait
