#!/bin/sh
trap : TERM INT
until python till.py; do sleep 1; done
