"""The chat client: a core without I/O, and its asyncio driver (`razem.talk.Client`)."""
