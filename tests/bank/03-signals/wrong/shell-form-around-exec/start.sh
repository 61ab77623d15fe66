#!/bin/sh
export SHOP="Ada"
exec python till.py
