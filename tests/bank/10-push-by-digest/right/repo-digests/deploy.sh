#!/bin/sh
docker run --detach --name menu "$(cat image.txt)"
