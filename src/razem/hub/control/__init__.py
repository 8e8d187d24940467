"""Steering a running hub: by its owner, over a UNIX socket in its data directory."""
