#!/bin/sh
docker run --detach --name menu "$REGISTRY/kiosk/menu@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
