#!/bin/sh
exec python labels.py $@
