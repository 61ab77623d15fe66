"""What is in the sea charts, by their number."""
