#!/bin/sh
python till.py &
till=$!
trap 'kill -TERM $till; wait $till; exit 143' TERM
wait $till
