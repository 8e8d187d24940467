"""The certificate of a hub: made once and kept, or its own."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest

from razem.errors import TlsError
from razem.hub.config import Config, TlsFiles
from razem.hub.identity import identity_source
from razem.sockets.tls_identity import Identity

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    first = identity_source(Config, tmp_path)()
    assert identity_source(Config, tmp_path)() == first
    file = tmp_path / "identity.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(file), "-noout", "-fingerprint", "-sha256", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    digits = first.fingerprint.removeprefix("sha256:").upper()
    assert ":".join(digits[i : i + 2] for i in range(0, 64, 2)) in shown
    assert "DNS:razem.local, DNS:localhost, IP Address:127.0.0.1" in shown


def test_without_a_directory_it_is_one_for_this_run() -> None:
    source = identity_source(Config, None)
    assert source() == source()
    assert identity_source(Config, None)() != source()


def test_a_name_that_cannot_stand_in_a_certificate_is_left_out(tmp_path: Path) -> None:
    assert identity_source(lambda: Config(name="hub_#1|é"), tmp_path)().fingerprint


def test_own_files_come_before_it_and_are_read_again_each_time(tmp_path: Path) -> None:
    one, two = Identity.make("one"), Identity.make("two")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    files = TlsFiles(certificate=str(certificate), key=str(key))
    source = identity_source(lambda: Config(tls=files), tmp_path)
    for identity in (one, two):
        certificate.write_text(identity.certificates)
        key.write_text(identity.key)
        assert source() == identity
    assert not (tmp_path / "identity.pem").exists()
    both = tmp_path / "both.pem"
    one.save(both)
    files = TlsFiles(certificate=str(both))
    assert source() == one


def test_what_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    one, two = Identity.make("one"), Identity.make("two")
    (tmp_path / "cert.pem").write_text(one.certificates + two.key)
    for files, words in (
        (TlsFiles(certificate=str(tmp_path / "none.pem")), "none.pem: No such file"),
        (TlsFiles(certificate=str(tmp_path / "cert.pem")), "its key belongs to another certif"),
    ):
        with pytest.raises(TlsError, match=words) as caught:
            identity_source(partial(Config, tls=files), None)()
        assert "Check [tls] certificate and key" in str(caught.value)
    (tmp_path / "identity.pem").write_text("damaged")
    with pytest.raises(TlsError, match="a new one is made then"):
        identity_source(Config, tmp_path)()
