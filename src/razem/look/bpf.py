"""Filters for the kernel, compiled by libpcap where it is there (pcap-filter(7), BPF)."""

from __future__ import annotations

import ctypes
import struct
from ctypes.util import find_library
from typing import TYPE_CHECKING, Any, Final

from razem.errors import ConfigError

if TYPE_CHECKING:
    import socket

__all__ = ["attach", "compile_program"]

SO_ATTACH_FILTER: Final = 26  # socket(7)
_NO_NETMASK: Final = 0xFFFFFFFF
_NAMES: Final = ("libpcap.so.0.8", "libpcap.so.1", "libpcap.so")


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_uint), ("instructions", ctypes.c_void_p))


def compile_program(expression: str, link: int, *, snap_length: int = 262144) -> bytes | None:
    """Return the instructions for an expression, 8 bytes each; None where there is no libpcap.

    Raises:
        ConfigError: libpcap does not understand the expression.
    """
    library = _library()
    if library is None:
        return None
    handle = library.pcap_open_dead(link, snap_length)
    if not handle:
        return None
    program = _Program()
    try:
        if library.pcap_compile(handle, ctypes.byref(program), expression.encode(), 1, _NO_NETMASK):
            reason = library.pcap_geterr(handle).decode("utf-8", "replace")
            raise ConfigError(
                f'the filter "{expression}" cannot be understood: {reason}.',
                advice='Write it as for tcpdump, as in "tcp port 443 and host 192.0.2.1".',
            )
        size = program.count * 8
        built = ctypes.string_at(program.instructions, size) if size else b""
        library.pcap_freecode(ctypes.byref(program))
        return built
    finally:
        library.pcap_close(handle)


def attach(port: socket.socket, program: bytes) -> None:
    """Let the kernel drop what a program does not want.

    Raises:
        OSError: the kernel does not take it.
    """
    instructions = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    port.setsockopt(1, SO_ATTACH_FILTER, described)  # SOL_SOCKET


def _library() -> Any:
    for name in (*_NAMES, find_library("pcap")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None:
            library.pcap_open_dead.restype = ctypes.c_void_p
            library.pcap_geterr.restype = ctypes.c_char_p
            library.pcap_geterr.argtypes = [ctypes.c_void_p]
            library.pcap_close.argtypes = [ctypes.c_void_p]
            library.pcap_freecode.argtypes = [ctypes.c_void_p]
            library.pcap_compile.argtypes = [
                ctypes.c_void_p,
                ctypes.c_void_p,
                ctypes.c_char_p,
                ctypes.c_int,
                ctypes.c_uint32,
            ]
            return library
    return None
