"""A small printing press."""
