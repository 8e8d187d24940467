"""The process of `razem hub`: configuration, listeners, connections, and the disk."""
