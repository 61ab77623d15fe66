"""The galley's spice shelf."""
