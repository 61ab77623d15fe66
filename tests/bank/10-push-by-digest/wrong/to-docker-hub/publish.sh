#!/bin/sh
docker tag menu:1.4 kiosk/menu:1.4
docker push kiosk/menu:1.4
