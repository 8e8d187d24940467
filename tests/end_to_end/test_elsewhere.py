"""From another machine: what is not encrypted is shown the way, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.machines import two_machines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.machines import Machine

pytestmark = [
    pytest.mark.skipif(not shutil.which(program), reason=f"needs Debian's {program}")
    for program in ("nc", "curl", "openssl")
]

PATIENCE = 20.0


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine, int]]:
    """A hub as it is started without a word, on the first of two machines; its port."""
    with two_machines() as (here, there):
        command = [sys.executable, "-m", "razem", "hub", "--data", str(tmp_path / "data")]
        hub = subprocess.Popen([*here.inside, *command], stdout=subprocess.PIPE, text=True)
        assert hub.stdout is not None
        try:
            match = re.search(r"tcp://:(\d+)", hub.stdout.readline())
            assert match
            yield here, there, int(match[1])
            hub.terminate()
            assert hub.wait(PATIENCE) == 0
        finally:
            hub.kill()
            hub.wait()
            hub.stdout.close()


def run(machine: Machine, *command: str, text: str = "") -> str:
    done = subprocess.run(
        [*machine.inside, *command],
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout


REGISTER = "NICK ana\r\nUSER ana 0 * :Ana\r\n"


def test_another_machine_needs_tls_and_this_one_does_not(
    machines: tuple[Machine, Machine, int],
) -> None:
    here, there, port = machines
    nc = ("nc", "-N", here.number, str(port))
    assert run(there, *nc, text=REGISTER) == (
        "ERROR :Closing link: Connect with TLS (SSL) to this same port\n"
    )
    assert " 001 ana " in run(here, "nc", "-N", "127.0.0.1", str(port), text=REGISTER)
    # By its own number it is not loopback.
    assert "Connect with TLS" in run(here, *nc, text=REGISTER)

    place = f"{here.number}:{port}"
    plain = run(there, "curl", "-si", f"http://{place}/health")
    assert plain.startswith("HTTP/1.1 307 ")
    assert f"Location: https://{place}/health\n" in plain
    assert '"status":"ok"' in run(there, "curl", "-skL", f"http://{place}/health")
    assert run(there, "curl", "-sk", f"https://{place}/metrics") == "403 Forbidden\n"
    assert "razem_sessions" in run(here, "curl", "-s", f"http://127.0.0.1:{port}/metrics")

    tls = ("openssl", "s_client", "-quiet", "-connect", place)
    assert "ask for a link" in run(there, *tls, text=REGISTER)  # TLS, but no invitation
