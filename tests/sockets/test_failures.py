"""The words of failures that are hard to bring about."""

from __future__ import annotations

import errno
import socket

import pytest

import razem
from razem import Address
from razem.sockets import failures, resolve
from razem.sockets.endpoints import Endpoint

V4 = Endpoint(socket.AF_INET, ("192.0.2.1", 80))
V6 = Endpoint(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))
UNIX = Endpoint(socket.AF_UNIX, "/run/x")

CONNECT_WORDS = [
    (errno.ETIMEDOUT, razem.TimedOutError, "did not answer. The machine may be off"),
    (errno.EHOSTUNREACH, razem.UnreachableError, "no way leads to tcp://h:80: no route to host"),
    (errno.ENETUNREACH, razem.UnreachableError, "network is unreachable"),
    (errno.EACCES, razem.PermissionDeniedError, "firewall"),
    (errno.EPERM, razem.PermissionDeniedError, "firewall"),
    (errno.EMFILE, razem.ExhaustedError, "too many open files, so there is no room"),
    (errno.ENFILE, razem.ExhaustedError, "ulimit -n"),
    (errno.ENOBUFS, razem.ExhaustedError, "no memory"),
    (errno.EAFNOSUPPORT, razem.UnavailableError, "this machine has no IPv4"),
    (errno.EADDRNOTAVAIL, razem.UnavailableError, "no address or port of its own left"),
    (errno.ECONNRESET, razem.ResetError, "threw it away at once"),
    (errno.ENOSPC, razem.Error, "tcp://h:80: no space left on device."),
]


@pytest.mark.parametrize(("number", "kind", "words"), CONNECT_WORDS)
def test_words_of_connecting(number: int, kind: type[razem.Error], words: str) -> None:
    failed = [failures.Failed(V4, failures.os_error(number), 0.5)]
    error, cause = failures.cannot_connect(Address("tcp://h:80"), failed)
    assert type(error) is kind
    assert words in str(error)
    assert cause.errno == number
    assert error.attempts[0].seconds == 0.5
    if isinstance(error, OSError):
        assert error.errno == number


def test_words_of_connecting_to_a_unix_socket() -> None:
    failed = [failures.Failed(UNIX, failures.os_error(errno.EACCES), 0.0)]
    error, _ = failures.cannot_connect(Address("unix:///run/x"), failed)
    assert isinstance(error, razem.PermissionDeniedError)
    assert "write permission on the socket file" in error.advice


def test_an_attempt_that_failed_tells_where_it_came_from() -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        local = listener.local
    with pytest.raises(razem.RefusedError) as caught:
        razem.connect(local)
    assert caught.value.local.host == "127.0.0.1"
    assert caught.value.local.port not in {None, 0, local.port}
    left, right = razem.pair()
    with left, right, pytest.raises(razem.TimedOutError) as late:
        left.receive(timeout=0)
    assert late.value.local is None  # it has no name


def test_of_several_failures_the_telling_one_is_raised() -> None:
    failed = [
        failures.Failed(V6, failures.os_error(errno.ENETUNREACH), 0.0),
        failures.Failed(V4, failures.os_error(errno.ECONNREFUSED), 0.1),
    ]
    error, cause = failures.cannot_connect(Address("tcp://h:80"), failed)
    assert isinstance(error, razem.RefusedError)
    assert cause.errno == errno.ECONNREFUSED
    assert "(tried [2001:db8::1]:80, 192.0.2.1:80)" in error.message


LISTEN_WORDS = [
    ("tcp://:80", errno.EACCES, razem.PermissionDeniedError, "ports below 1024 need a privilege"),
    ("tcp://:80", errno.EACCES, razem.PermissionDeniedError, "ip_unprivileged_port_start=80."),
    ("unix:///x", errno.EACCES, razem.PermissionDeniedError, "may not create unix:///x"),
    ("unix:///x", errno.EROFS, razem.PermissionDeniedError, "read-only"),
    ("unix:///x", errno.ENOTDIR, razem.UnavailableError, "is no folder"),
    ("tcp://:80", errno.EMFILE, razem.ExhaustedError, "ulimit -n"),
]


@pytest.mark.parametrize(("address", "number", "kind", "words"), LISTEN_WORDS)
def test_words_of_listening(
    address: str,
    number: int,
    kind: type[razem.Error],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "_unprivileged_port", lambda: 1024)
    endpoint = UNIX if address.startswith("unix") else V4
    error = failures.cannot_listen(Address(address), failures.os_error(number), endpoint)
    assert type(error) is kind
    assert words in str(error)
    assert error.stage == "listen"


STREAM_WORDS = [
    (errno.ECONNRESET, razem.ResetError, "tcp://h:80 threw the connection away"),
    (errno.EPIPE, razem.BrokenError, "tcp://h:80 reads no more"),
    (errno.ETIMEDOUT, razem.BrokenError, "not heard of for too long"),
    (errno.EHOSTUNREACH, razem.BrokenError, "broke: No route to host"),
]


@pytest.mark.parametrize(("number", "kind", "words"), STREAM_WORDS)
def test_words_of_streams(number: int, kind: type[razem.Error], words: str) -> None:
    error = failures.stream_failed(failures.os_error(number), Address("tcp://h:80"), "read")
    assert type(error) is kind
    assert words in str(error)
    assert error.stage == "read"
    assert isinstance(error, ConnectionError)
    assert error.errno == number


def test_words_of_names() -> None:
    silent = failures.not_resolved(Address("tcp://h:80"), socket.gaierror(socket.EAI_AGAIN, "x"))
    assert "no name server answered" in str(silent)
    odd = failures.not_resolved(Address("tcp://h:80"), UnicodeError("x"))
    assert "can be no host name" in str(odd)
    with pytest.raises(razem.ResolveError):
        resolve.resolve(Address("tcp://-a.x.invalid:80"))
