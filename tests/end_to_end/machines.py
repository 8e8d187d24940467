"""Two machines for a test: network namespaces joined by a cable (as root, with iproute2)."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Machine", "two_machines"]


class Machine(NamedTuple):
    """One of the two.

    Attributes:
        number: its IPv4 address.
        inside: what to write before a command, so that it runs there.
    """

    number: str
    inside: list[str]


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Have two machines that reach each other, and nobody else.

    Skips the test where this user may not make them.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2")
    names = [f"rz{os.getpid()}{letter}" for letter in "ab"]
    with ExitStack() as stack:
        for name in names:
            if _ip("netns", "add", name, check=False):
                pytest.skip("this machine has no network namespaces")
            stack.callback(_ip, "netns", "delete", name)
        _ip(*f"link add eth0 netns {names[0]} type veth peer name eth0 netns {names[1]}".split())
        machines = []
        for place, name in enumerate(names, 1):
            number = f"192.0.2.{place}"  # RFC 5737
            _ip("-n", name, "address", "add", f"{number}/24", "dev", "eth0")
            for interface in ("lo", "eth0"):
                _ip("-n", name, "link", "set", interface, "up")
            machines.append(Machine(number, ["ip", "netns", "exec", name]))
        yield machines[0], machines[1]


def _ip(*words: str, check: bool = True) -> int:
    return subprocess.run(["ip", *words], capture_output=True, check=check).returncode
