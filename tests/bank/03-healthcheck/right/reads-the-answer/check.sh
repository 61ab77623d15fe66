#!/bin/sh
[ "$(wget -T 2 -q -O - http://localhost:3000/health)" = ok ]
