#!/bin/sh
docker run --detach --name menu "$(cat id)"
