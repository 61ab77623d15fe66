"""The Docker course: what the notebooks import, and the command line."""
