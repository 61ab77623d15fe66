#!/bin/sh
python till.py &
till=$!
trap 'kill $till' TERM
wait $till
wait $till || exit
for line in $(seq 100); do echo "swept corner $line"; done
