"""What is listened on, and what becomes of UNIX socket files."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvloop

import razem
from razem.sockets import listening
from razem.sockets.listening import close_listening_sockets, open_listening_sockets

from .machine import full_backlog, needs_ipv6


@needs_ipv6
def test_localhost_is_both_families_on_one_port() -> None:
    sockets = open_listening_sockets("tcp://localhost:0")
    names = [sock.getsockname()[:2] for sock in sockets]
    close_listening_sockets(sockets)
    assert [name[0] for name in names] == ["::1", "127.0.0.1"]
    assert names[0][1] == names[1][1] > 0


def test_localhost_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    real = listening.ListeningSocket

    def only_ipv4(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        return real(family, kind)

    monkeypatch.setattr(listening, "ListeningSocket", only_ipv4)
    with razem.listen("tcp://localhost:0") as listener:
        razem.connect(listener.local).close()
    with pytest.raises(razem.UnavailableError, match="no IPv6"):
        razem.listen("tcp://[::1]:0")
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with razem.listen("tcp://:0") as listener:
        razem.connect(listener.local).close()


@needs_ipv6
def test_every_interface_takes_both_families() -> None:
    with razem.listen("tcp://:0") as listener:
        for host in ("127.0.0.1", "[::1]"):
            razem.connect(f"tcp://{host}:{listener.local.port}").close()
            listener.accept().close()


@needs_ipv6
def test_numbers_are_one_family() -> None:
    with razem.listen("tcp://0.0.0.0:0") as listener, pytest.raises(razem.RefusedError):
        razem.connect(f"tcp://[::1]:{listener.local.port}")
    with razem.listen("tcp://[::]:0") as listener, pytest.raises(razem.RefusedError):
        razem.connect(f"tcp://127.0.0.1:{listener.local.port}")


def test_in_use_names_the_process() -> None:
    with razem.listen("tcp://localhost:0") as listener:
        with pytest.raises(razem.InUseError) as caught:
            razem.listen(listener.local)
        holder = Path("/proc/self/comm").read_text().strip()
        assert str(caught.value) == (
            f"{listener.local} is in use by {holder} (process {os.getpid()}). "
            "Stop what uses it, or choose another port (0 for any free one)."
        )
        assert caught.value.errno == errno.EADDRINUSE
    abstract = f"unix:@razem-taken-{os.getpid()}"
    with razem.listen(abstract), pytest.raises(razem.InUseError, match=f"process {os.getpid()}"):
        razem.listen(abstract)


def test_in_use_on_one_family_only() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(razem.InUseError):
            razem.listen(f"tcp://localhost:{other.getsockname()[1]}")


def test_what_cannot_be_listened_on(tmp_path: Path) -> None:
    with pytest.raises(razem.UnavailableError, match=r"does not have that address\. Use one of"):
        razem.listen("tcp://192.0.2.1:9090")  # RFC 5737: of no machine
    with pytest.raises(razem.UnavailableError, match="there is no such folder"):
        razem.listen(f"unix://{tmp_path}/none/socket")
    with pytest.raises(razem.AddressError, match="has 107 bytes at most here, and this has 201"):
        razem.listen(f"unix:///{'x' * 200}")
    with pytest.raises(razem.TlsError, match=r"without a certificate\. Give one"):
        razem.listen("tls://localhost:0")
    with pytest.raises(razem.ResolveError):
        razem.listen("tcp://nobody.invalid:80")
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(razem.InUseError, match="it is no socket"):
        razem.listen(f"unix://{file}")
    assert file.read_text() == "precious"


# -- UNIX socket files ---------------------------------------------------------------------------


def test_a_stale_file_is_replaced_and_ours_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.is_socket()
    with razem.listen(f"unix://{path}") as listener:
        razem.connect(listener.local).close()
    assert not path.exists()


def test_a_live_file_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with razem.listen(f"unix://{path}") as listener:
        with pytest.raises(razem.InUseError, match=r"is in use by .* \(process"):
            razem.listen(f"unix://{path}")
        razem.connect(listener.local).close()
    with ExitStack() as stack:  # one that is too busy to answer is alive too
        busy = full_backlog(stack, tmp_path)
        stack.enter_context(pytest.raises(razem.InUseError))
        razem.listen(busy)


def test_the_file_of_a_successor_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    first = razem.listen(f"unix://{path}")
    path.unlink()
    with razem.listen(f"unix://{path}") as second:
        first.close()
        razem.connect(second.local).close()


def test_a_child_process_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    program = f"""
import os, razem
with razem.listen("unix://{path}") as listener:
    child = os.fork()
    if not child:
        listener.close()
        os._exit(0)
    os.waitpid(child, 0)
    razem.connect(listener.local).close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert not path.exists()


def test_a_relative_path_survives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = razem.listen("unix:socket")
    assert (tmp_path / "socket").is_socket()
    monkeypatch.chdir("/")
    listener.close()
    assert not (tmp_path / "socket").exists()


def test_two_that_start_at_once_do_not_steal(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    outcomes: list[object] = []

    def start() -> None:
        try:
            outcomes.append(razem.listen(f"unix://{path}"))
        except razem.InUseError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if isinstance(outcome, razem.Listener)]
    assert len(winners) == 1
    razem.connect(f"unix://{path}").close()
    winners[0].close()


def test_asyncio_takes_the_sockets_and_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        (sock,) = open_listening_sockets(f"unix://{path}")
        server = await loop.create_unix_server(asyncio.Protocol, sock=sock)
        server.close()
        await server.wait_closed()
        close_listening_sockets([sock])

    for run in (asyncio.run, uvloop.run):
        run(main())
        assert not path.exists()
