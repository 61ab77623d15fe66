#!/bin/sh
line="python labels.py"
for word; do line="$line \"$word\""; done
eval "$line"
