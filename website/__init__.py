"""The chapters as a static site, with the outputs that are stored in them: for reading without an engine."""
