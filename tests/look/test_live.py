"""Live captures in a network of their own, beside tcpdump (see in_network.py)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from razem.errors import ConfigError
from razem.look.bpf import compile_program

TOOLS = ["unshare", "tcpdump", "ping", "ip"]
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_network = pytest.mark.skipif(
    os.geteuid() != 0 or bool(MISSING), reason=f"takes root, and {', '.join(MISSING) or 'nothing'}"
)
ROOT = Path(__file__).parents[2]


def outcome(case: str, directory: Path, *before: str) -> Any:
    command = ["unshare", "--net", *before, sys.executable, "-m", "tests.look.in_network", case]
    done = subprocess.run(
        [*command, str(directory)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no network of its own here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_network
def test_the_kernel_and_the_columns_pick_the_same(tmp_path: Path) -> None:
    found = outcome("filters", tmp_path)
    assert set(found["types"][0]) >= {0, 8}
    assert set(found["types"][1]) == {8}
    assert found["transports"] == [[1], [1], [17]]
    assert found["in kernel"][1] is False  # libpcap has no such words


@needs_network
def test_the_same_bytes_and_times_as_tcpdump(tmp_path: Path) -> None:
    found = outcome("beside_tcpdump", tmp_path)
    assert found["same"]
    assert found["written"]
    assert found["near"] == 0


@needs_network
def test_vlans_and_all_interfaces(tmp_path: Path) -> None:
    found = outcome("vlan", tmp_path)
    assert found == {
        "vlan": [7],
        "same": True,
        "length": 64,
        "names": ["left", "right"],
        "in kernel": [False, False],
    }


@needs_network
def test_what_has_no_room_is_counted(tmp_path: Path) -> None:
    found = outcome("drops", tmp_path)
    assert found["received"] >= 400
    assert found["dropped"] > 0
    assert found["some"]
    assert found["after"]


@needs_network
def test_another_thread_ends_it(tmp_path: Path) -> None:
    found = outcome("closing", tmp_path)
    assert found == {"ended": [0], "error": "ClosedError", "descriptor": -1}


@needs_network
def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    found = outcome("refused", tmp_path, "setpriv", "--bounding-set", "-net_raw")
    assert found["nowhere "][0] == "UnavailableError"
    assert "There are lo" in found["nowhere "][1]
    assert found["lo tcp port"][0] == found["lo host"][0] == "ConfigError"
    assert found["lo "][0] == "PermissionDeniedError"
    assert "setcap" in found["lo "][1]
    assert "sudo" in found["lo "][1]


def test_libpcap_compiles_or_says_why() -> None:
    program = compile_program("tcp port 443", 1)
    if program is None:
        pytest.skip("there is no libpcap")
    assert len(program) % 8 == 0
    with pytest.raises(ConfigError, match="cannot be understood"):
        compile_program("tcp port", 1)
