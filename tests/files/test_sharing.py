"""Shares over real sockets: copies, HTTP, keys, uploads; and sending to an address."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import shutil
import subprocess
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from razem import files
from razem.errors import ClosedError, ConfigError, Error
from razem.files.place import find_share, share_link
from razem.files.serving import ShareSettings, Sharing
from razem.files.sharing import Shared
from razem.sockets.tls_identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from razem.sockets.address import Address

LARGE = random.Random(3).randbytes(3_000_000)
IDENTITY = Identity.make()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "shared"
    (top / "sub").mkdir(parents=True)
    (top / "a.txt").write_text("hello")
    (top / "large.bin").write_bytes(LARGE)
    (top / "sub" / "one.ogg").write_bytes(b"1")
    (top / "sub" / "two.ogg").write_bytes(b"2")
    (top / "sub" / "<b>&amp;.html").write_text("<script>alert(1)</script>")
    (tmp_path / "secret").write_text("outside")
    (top / "way-out").symlink_to(tmp_path)
    (top / "secret-link").symlink_to(tmp_path / "secret")
    return top


@contextmanager
def sharing(*paths: Path, address: str = "tcp://127.0.0.1:0", **options: Any) -> Iterator[Sharing]:
    settings = ShareSettings(**{"key": "k", "identity": IDENTITY, **options})
    share = Sharing(Shared(paths), address, settings)
    thread = threading.Thread(target=share.run)
    thread.start()
    try:
        yield share
    finally:
        share.close()
        thread.join()


class Strangers(ShareSettings):
    """Takes all who come for people of another machine."""

    def access(self, *, local: bool) -> Any:
        return super().access(local=False)


def curl(*words: str) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    return subprocess.run(["curl", "-sS", "-m", "20", *words], capture_output=True, check=False)


def test_a_tree_a_file_and_a_pattern(folder: Path, tmp_path: Path) -> None:
    with sharing(folder) as share:
        summary = files.get(f"{share.address}", tmp_path / "all")
        assert summary.whole
        assert (tmp_path / "all" / "shared" / "large.bin").read_bytes() == LARGE
        assert (tmp_path / "all" / "shared" / "way-out").is_symlink()
        files.get(f"{share.address}/a.txt", tmp_path / "b.txt")
        assert (tmp_path / "b.txt").read_text() == "hello"
        files.get(f"{share.address}/s*/*.ogg", tmp_path / "music")
        assert sorted(os.listdir(tmp_path / "music")) == ["one.ogg", "two.ogg"]  # noqa: PTH208
        for path in ("nowhere", "../secret", "way-out/secret", "secret-link", "*.mp3", "a.txt/x"):
            with pytest.raises(ConfigError, match="there is no"):
                files.get(f"{share.address}/{path}", tmp_path / "no")


def test_by_tls_the_certificate_in_the_link_counts(folder: Path, tmp_path: Path) -> None:
    with sharing(folder) as share:
        port = share.address.port or 0
        link = share_link("127.0.0.1", port, key="k", fingerprint=IDENTITY.fingerprint)
        summary = files.get(link, tmp_path / "all")
        assert "TLS" in summary.way
        other = share_link("127.0.0.1", port, fingerprint=Identity.make().fingerprint)
        with pytest.raises(Error, match="certificate is not the expected one"):
            files.get(other, tmp_path / "no")


def test_who_comes_from_elsewhere_needs_the_key(folder: Path, tmp_path: Path) -> None:
    share = Sharing(Shared([folder]), "tcp://127.0.0.1:0", Strangers("k", identity=IDENTITY))
    thread = threading.Thread(target=share.run)
    thread.start()
    try:
        port = share.address.port
        with pytest.raises(ConfigError, match="key"):
            files.get(f"tcp://127.0.0.1:{port}", tmp_path / "no")
        assert files.get(f"tcp://127.0.0.1:{port}", tmp_path / "yes", key="k").whole
        base = f"http://127.0.0.1:{port}"
        assert curl("-o", "/dev/null", "-w", "%{http_code}", base).stdout == b"401"
        assert curl(f"{base}/a.txt?key=k").stdout == b"hello"
        assert curl("-u", "any:k", f"{base}/a.txt").stdout == b"hello"
        assert curl("-H", "Authorization: Bearer k", f"{base}/a.txt").stdout == b"hello"
        jar = str(tmp_path / "jar")
        assert b"large.bin" in curl("-L", "-c", jar, "-b", jar, f"{base}/?key=k").stdout
    finally:
        share.close()
        thread.join()


def test_http_serves_ranges_and_versions(folder: Path, tmp_path: Path) -> None:
    with sharing(folder) as share:
        base = f"http://127.0.0.1:{share.address.port}"
        assert curl("-r", "100-199", f"{base}/large.bin").stdout == LARGE[100:200]
        assert curl("-r", "-5", f"{base}/large.bin").stdout == LARGE[-5:]
        head = curl("-I", f"{base}/large.bin").stdout.decode()
        assert f"Content-Length: {len(LARGE)}" in head
        tag = next(line for line in head.splitlines() if line.startswith("ETag: "))[6:]
        assert curl("-w", "%{http_code}", "-H", f"If-None-Match: {tag}", f"{base}/a.txt").stdout
        code = curl(
            "-o", "/dev/null", "-w", "%{http_code}", "-H", f"If-None-Match: {tag}",
            f"{base}/large.bin",
        )  # fmt: skip
        assert code.stdout == b"304"
        changed = curl("-r", "0-9", "-H", 'If-Range: "other"', f"{base}/large.bin")
        assert changed.stdout == LARGE
        beyond = curl(
            "-o", "/dev/null", "-w", "%{http_code}", "-r", "9999999-", f"{base}/large.bin"
        )
        assert beyond.stdout == b"416"
        part = tmp_path / "part"
        part.write_bytes(LARGE[:1_000_000])
        curl("-C", "-", "-o", str(part), f"{base}/large.bin")
        assert part.read_bytes() == LARGE


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("wget", ["wget", "-q", "-c", "-O", "part"]),
        ("aria2c", ["aria2c", "-q", "-x8", "-s8", "-k1M", "-c", "--allow-overwrite", "-o", "part"]),
    ],
)
def test_other_programs_go_on(
    folder: Path, tmp_path: Path, program: str, command: list[str]
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program}")
    if program == "wget":
        (tmp_path / "part").write_bytes(LARGE[:700_000])
    with sharing(folder) as share:
        url = f"http://127.0.0.1:{share.address.port}/large.bin"
        subprocess.run([*command, url], cwd=tmp_path, check=True, timeout=30)
    assert (tmp_path / "part").read_bytes() == LARGE


OUTSIDE = (
    "/../secret",
    "/way-out/secret",
    "/secret-link",
    "/%2e%2e/secret",
    "/sub/..%2fa.txt",
    "/a%00",
)


def test_nothing_outside_is_served_and_nothing_runs(folder: Path) -> None:
    with sharing(folder) as share:
        base = f"http://127.0.0.1:{share.address.port}"
        for path in (
            "/../secret",
            "/way-out/secret",
            "/secret-link",
            "/%2e%2e/secret",
            "/sub/..%2fa.txt",
            "/a%00",
        ):
            answer = curl("--path-as-is", "-w", "%{http_code}", f"{base}{path}").stdout
            assert answer.endswith(b"404"), path
            assert b"outside" not in answer
        page = curl(f"{base}/sub/").stdout.decode()
        assert "<b>&amp;.html" not in page
        assert "&lt;b&gt;&amp;amp;.html" in page
        head = curl("-D", "-", "-o", "/dev/null", f"{base}/sub/").stdout.decode()
        assert "default-src 'none'; script-src 'self'" in head
        head = curl("-I", f"{base}/sub/%3Cb%3E%26amp%3B.html").stdout.decode()
        assert "Content-Security-Policy: sandbox" in head
        assert curl("-H", "Host: evil.example", f"{base}/a.txt").stdout != b"hello"


def test_archives_are_whole(folder: Path) -> None:
    with sharing(folder) as share:
        base = f"http://127.0.0.1:{share.address.port}"
        with tarfile.open(fileobj=io.BytesIO(curl(f"{base}/?tar").stdout)) as tar:
            member = tar.extractfile("shared/large.bin")
            assert member is not None
            assert member.read() == LARGE
            assert "shared/secret-link" not in tar.getnames()
        with zipfile.ZipFile(io.BytesIO(curl(f"{base}/sub/?zip").stdout)) as archive:
            assert archive.testzip() is None
            assert archive.read("sub/one.ogg") == b"1"


def test_files_are_put_only_where_that_is_allowed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(LARGE)
    new = tmp_path / "new"
    with sharing(folder) as share:
        with pytest.raises(ConfigError, match="nothing can be put here"):
            files.put(new, share.address)
        url = f"http://127.0.0.1:{share.address.port}/new"
        assert curl("-w", "%{http_code}", "-T", str(new), url).stdout.endswith(b"405")
    with sharing(folder, writable=True) as share:
        assert files.put(new, f"{share.address}/sub").whole
        assert (folder / "sub" / "new").read_bytes() == LARGE
        base = f"http://127.0.0.1:{share.address.port}"
        assert curl("-w", "%{http_code}", "-T", str(new), f"{base}/sub/up").stdout == b"201"
        assert (folder / "sub" / "up").read_bytes() == LARGE
        for path in ("/..%2fup", "/way-out/up", "/nowhere/up"):
            answer = curl("-w", "%{http_code}", "-T", str(new), f"{base}{path}")
            assert answer.stdout[-3:] in {b"400", b"404"}, path
        strange = curl(
            "-w", "%{http_code}", "-H", "Origin: http://evil.example", "-T", str(new), f"{base}/x"
        )
        assert strange.stdout.endswith(b"403")
        assert not (tmp_path / "up").exists()


def sent(paths: Any, receive: Callable[[Address], files.Summary]) -> tuple[Any, Any]:
    """Send to an address of TCP, and receive."""
    places: list[Address] = []
    ready = threading.Event()

    def listening(address: Address) -> None:
        places.append(address)
        ready.set()

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(files.send, paths, "tcp://127.0.0.1:0", listening=listening)
        assert ready.wait(10)
        received = receive(places[0])
        return sending.result(), received


def test_sending_and_receiving(folder: Path, tmp_path: Path) -> None:
    offers: list[Any] = []

    def accept(offer: Any) -> bool:
        offers.append(offer)
        return True

    one, other = sent(
        [folder], lambda address: files.receive(address, tmp_path / "in", accept=accept)
    )
    assert one.digest == other.digest
    assert (offers[0].files, offers[0].names) == (5, [b"shared"])
    assert (tmp_path / "in" / "shared" / "large.bin").read_bytes() == LARGE


def test_who_declines_gets_nothing(folder: Path, tmp_path: Path) -> None:
    def receive(address: Address) -> Any:
        with pytest.raises(files.DeclinedError):
            files.receive(address, tmp_path / "in", accept=lambda _: False)

    with pytest.raises(Error, match="does not want it"):
        sent([folder], receive)
    assert not (tmp_path / "in").exists()


def test_pipes(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    out_reader, out_writer = os.pipe()

    def feed() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(LARGE)

    def drain() -> bytes:
        with os.fdopen(out_reader, "rb") as file:
            return file.read()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(feed)
        drained = pool.submit(drain)
        one, other = sent(reader, lambda address: files.receive(address, out_writer))
        os.close(out_writer)
        os.close(reader)
        assert not other.failed
        assert drained.result() == LARGE
    assert one.digest == other.digest


def test_asyncio_has_the_same(folder: Path, tmp_path: Path) -> None:
    async def both(address: Address) -> files.Summary:
        return await files.aio.get(address, tmp_path / "all")

    with sharing(folder) as share:
        assert asyncio.run(both(share.address)).whole
    assert (tmp_path / "all" / "shared" / "a.txt").exists()


def test_a_cancelled_wait_ends_at_once(folder: Path) -> None:
    async def wait() -> None:
        waiting = asyncio.Event()
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(
            files.aio.send(
                [folder],
                "tcp://127.0.0.1:0",
                listening=lambda _: loop.call_soon_threadsafe(waiting.set),
            )
        )
        await waiting.wait()
        task.cancel()
        with pytest.raises((asyncio.CancelledError, ClosedError)):
            await task

    asyncio.run(wait())


@pytest.mark.parametrize(
    ("text", "address", "path", "key"),
    [
        ("tcp://h:1/a/b%20c", "tcp://h:1", "a/b c", ""),
        ("tcp://h:1/who?.txt", "tcp://h:1", "who?.txt", ""),
        ("razem://h/x?key=a%26b", "tls://h:6697", "x", "a&b"),
        ("razem://localhost:9/", "tcp://localhost:9", "", ""),
        ("https://h:9/x", "tls://h:9", "x", ""),
        ("unix:///tmp/s", "unix:///tmp/s", "", ""),
        ("code:7-guitar-ocean", "code:7-guitar-ocean", "", ""),
    ],
)
def test_places(text: str, address: str, path: str, key: str) -> None:
    place = find_share(text)
    assert (str(place.address), place.path, place.key) == (address, path, key)


def test_the_command_tells_in_json(folder: Path, tmp_path: Path) -> None:
    from tests.cli.command import pipe, razem, running

    with running("share", str(folder), "--listen", "tcp://127.0.0.1:0", "--json") as process:
        facts = json.loads(pipe(process.stdout).readline())
        done = razem("get", f"{facts['address']}/a.txt", str(tmp_path / "x"), "--json")
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout.splitlines()[-1])
        assert (summary["event"], summary["files"], summary["bytes"]) == ("summary", 1, 5)
        assert razem("get", f"{facts['address']}/no", str(tmp_path / "y")).returncode == 2
        again = razem("get", f"{facts['address']}/a.txt", str(tmp_path / "x"), "--existing", "fail")
        assert again.returncode == 1
        assert b"it is there already" in again.stderr
