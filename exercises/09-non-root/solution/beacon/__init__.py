"""A lighthouse and the ships that it has seen."""
