"""Programs that run in the script's own container, with nothing of the course beside them."""
