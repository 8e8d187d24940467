"""Razem: everything a socket can do, in one library and one command."""
