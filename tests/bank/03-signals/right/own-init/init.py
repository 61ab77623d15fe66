"""Starts a program, passes signals on to it, and ends with its exit code."""

import os
import signal
import sys

child = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, frame: os.kill(child, number))
while True:
    pid, status = os.wait()
    if pid == child:
        sys.exit(os.waitstatus_to_exitcode(status))
