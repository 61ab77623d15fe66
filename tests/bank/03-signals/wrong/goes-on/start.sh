#!/bin/sh
python till.py &
till=$!
trap 'kill -TERM $till' TERM
wait $till
wait $till
sleep 600
