"""Copying: files and trees between machines, whole and verified or not at all."""
