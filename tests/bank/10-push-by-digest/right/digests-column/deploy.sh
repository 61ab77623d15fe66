#!/bin/sh
docker container run -d --name=menu "$REGISTRY/town/window/menu-board@$(cat release/digest)"
