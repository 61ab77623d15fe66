#!/bin/sh
python till.py &
till=$!
trap 'kill -TERM "$till"' TERM INT
wait "$till"   # ends early when the signal comes
trap - TERM INT
wait "$till"
