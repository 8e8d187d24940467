"""Streams that survive cut networks and changed addresses, and lose no byte; no I/O in here.

Between the program and a transport, which is any other stream, stands a `Core`. It numbers what is
sent and keeps it until the peer's end has it; when the transport is cut, another one takes its
place, and all that had not arrived goes out again.

```
settings.py   what one may choose
frames.py     what goes over a transport: records, of which each is a frame
opening.py    how two ends begin, and how one who returns proves that it is the same
core.py       the stream itself
```

The drivers are `razem.sockets.aio.lasting_stream` and `lasting_listener`; the blocking twin is
those in a thread (`razem.sockets.bridge`).

**What it protects.** A stream that is resumed is known by a number, and by a key that both ends
have drawn by lot; the key itself is told once, when the stream begins. Nobody can take over a
stream without it, or answer in the place of a peer whose address he was given. Over a transport
without TLS, who listened when it began knows the key, as he knows all that was said.
"""
