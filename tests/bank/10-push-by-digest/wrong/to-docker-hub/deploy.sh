#!/bin/sh
docker run --detach --name menu kiosk/menu:1.4
