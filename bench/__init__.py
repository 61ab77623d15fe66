"""Speed, as ratios against the plain tool doing the same work in the same run. `make bench` runs all of it.

Each module here has a `run()` that returns figure name → value; `TARGETS` names the ratios' bounds.
"""
