"""The other end of every measurement of streams: plain sockets, a process of its own.

A client opens with a command and a length, ``!cI``: ``e`` echoes what comes, ``d`` discards it
and answers the end with one byte, ``s`` sends the block of that length, which follows, again and
again until the client leaves. It prints its port, and ends with its standard input. A number as
argument is the core that it stays on.
"""

import os
import socket
import struct
import sys
import threading
from contextlib import suppress

OPENING = struct.Struct("!cI")
PIECE = 1 << 18  # bytes of a receive


def serve(client: socket.socket) -> None:
    with client, suppress(ConnectionError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        command, length = OPENING.unpack(client.recv(OPENING.size, socket.MSG_WAITALL))
        if command == b"e":
            while data := client.recv(PIECE):
                client.sendall(data)
        elif command == b"d":
            room = bytearray(PIECE)
            while client.recv_into(room):
                pass
            client.sendall(b"!")
        else:
            block = client.recv(length, socket.MSG_WAITALL)
            blocks = block * max(1, PIECE // length)
            while True:
                client.sendall(blocks)


def main() -> None:
    if sys.argv[1:]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)  # whoever is being served has left, or is to be left


if __name__ == "__main__":
    main()
