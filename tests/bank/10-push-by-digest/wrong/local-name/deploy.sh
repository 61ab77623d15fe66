#!/bin/sh
docker run --detach --name menu menu:1.4
