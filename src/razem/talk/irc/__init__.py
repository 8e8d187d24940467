"""The IRC protocol as values: messages, names, numerics, capabilities. No I/O."""
