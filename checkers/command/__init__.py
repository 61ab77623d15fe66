"""A learner's `docker run` command: read from a script without running it here, then done by the checker."""
