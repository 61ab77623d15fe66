"""The Docker Engine: found, started, described, reached through the gateway, and cleaned up after."""
