#!/bin/sh
(exec python till.py)
echo "done"
