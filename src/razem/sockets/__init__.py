"""Addresses, streams and listeners; blocking, and under `razem.sockets.aio` for asyncio.

What the two drivers share (addresses, buffering, the choice among addresses, retries, the words
of errors) is written once, without I/O.
"""
