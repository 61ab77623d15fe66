"""One file a command; see course/cli/__init__.py."""
