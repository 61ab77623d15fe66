#!/bin/sh
python till.py &
