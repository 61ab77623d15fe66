"""Autograding: a learner's files are built, inspected, run and probed, and the verdict says what was seen."""
