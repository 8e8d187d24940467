"""Promise 1 under load: a crowd talks, and the hub is killed, restarted, reloaded, out of room."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from razem.sockets.tls_identity import Identity, fingerprint_of
from tests.hub.process import HubProcess
from tests.talk.client.loop import in_loop

from .crowd import CHANNELS, PATIENCE, Crowd, Line, Person, crowd
from .people import everybody, newcomer
from .wires import Place, trusting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

pytestmark = pytest.mark.timeout(150)  # a quiet machine needs a quarter of it

CONFIG = """
data = "{path}/data"
[limits]
flood = false
[tls]
certificate = "{path}/hub.pem"
"""


class Site:
    """A hub that can be started again and again in the same place."""

    def __init__(self, path: Path, inside: Sequence[str] = ()) -> None:
        self.path = path
        self.hub: HubProcess
        self._inside = inside
        self._port = 0
        self.configure()
        self.fingerprint = self.make_certificate()

    @property
    def place(self) -> Place:
        return Place(self._port, self.path / "hub.sock")

    def configure(self, more: str = "") -> None:
        """Write the configuration, with more at its beginning."""
        (self.path / "hub.toml").write_text(more + CONFIG.format(path=self.path))

    def make_certificate(self) -> str:
        """Put another certificate in the place of the one before; return its fingerprint."""
        identity = Identity.make()
        identity.save(self.path / "hub.pem")
        return identity.fingerprint

    async def shown(self) -> str:
        """Return the fingerprint of the certificate that who comes now is shown."""
        _, writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=trusting())
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
        return fingerprint_of(certificate)

    async def start(self) -> None:
        listen = (f"tcp://127.0.0.1:{self._port}", f"unix://{self.path}/hub.sock")
        options = [word for address in listen for word in ("--listen", address)]
        make = partial(HubProcess, "--config", f"{self.path}/hub.toml", *options)
        self.hub = await asyncio.to_thread(make, inside=self._inside)
        self._port = self.hub.port

    async def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        return await asyncio.to_thread(self.hub.end, number)

    @asynccontextmanager
    async def crowd(self) -> AsyncIterator[Crowd]:
        """Have the hub and everybody there; at the end the hub stops well, silent and agreed."""
        await self.start()
        try:
            people = partial(everybody, self.place, self.fingerprint)
            async with crowd(people) as everybody_there:
                yield everybody_there
            code, complaints = await self.end()
            assert code == 0
            assert "Traceback" not in complaints
        finally:
            self.hub.process.kill()

    async def kept(self) -> dict[str, list[Line]]:
        """Return what the hub keeps of each channel."""
        async with crowd(partial(newcomer, self.place)) as alone:
            (person,) = alone.people
            await alone.news.until(person.settled, "newcomer who has caught up")
        return person.views


@in_loop
async def test_kill_9_again_and_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    luck = random.Random(5)
    async with site.crowd() as people:
        for _ in range(3):
            await people.talk(luck.randrange(200, 600))
            await site.end(signal.SIGKILL)
            await site.start()
            # Most are catching up, some say again what was on its way.
            await people.talk(luck.randrange(1, 50), everybody=False)
            await site.end(signal.SIGKILL)
            await site.start()
        await people.talk(200)
        await people.end()
        people.check(await site.kept())
        assert {one.refused for one in people.people} == {0}


@in_loop
async def test_sigterm_again_and_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    luck = random.Random(6)
    async with site.crowd() as people:
        for stops in range(1, 4):
            await people.talk(luck.randrange(200, 600))
            assert await site.end() == (0, "")

            def is_told(one: Person, stops: int = stops) -> bool:
                return len(one.last_words) == stops

            await people.all_have(is_told, "told why")
            await site.start()
        await people.talk(200)
        await people.end()
        people.check(await site.kept())
        for one in people.people:
            assert set(one.last_words) == {"Closing link: the hub is shutting down"}


@in_loop
async def test_sighup_again_and_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.crowd() as people:
        for number in range(6):
            await people.talk(100)
            site.configure(f'motd = "The words of day {number}"')
            fingerprint = site.make_certificate()
            site.hub.process.send_signal(signal.SIGHUP)
            await people.talk(100)
            async with asyncio.timeout(PATIENCE):
                while await site.shown() != fingerprint:
                    pass
            with site.hub.person(f"guest{number}") as guest:
                guest.say("MOTD")
                assert guest.until("376")[-2].params[-1] == f"- The words of day {number}"
        await people.end()
        people.check(await site.kept())
        for one in people.people:
            assert (one.welcomes, one.last_words) == (1, [])


# A file system of its own, which ends with the hub: nobody else sees it, and the test by the
# process only.
SMALL_DISK = (
    *("unshare", "--mount", "sh", "-c"),
    'mkdir -p "$0" && mount -t tmpfs -o size=12m tmpfs "$0" && exec "$@"',
)


@contextmanager
def no_room_for(pid: int, data: Path) -> Iterator[None]:
    """Fill the disk that the process has at `data`, for as long as the block lasts."""
    ballast = Path(f"/proc/{pid}/root{data}/ballast")
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:  # to the last byte
                continue
    yield
    ballast.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs Debian's util-linux")
@in_loop
async def test_a_full_disk_again_and_again(tmp_path: Path) -> None:
    site = Site(tmp_path, inside=(*SMALL_DISK, str(tmp_path / "data")))
    async with site.crowd() as people:
        pid = site.hub.process.pid
        for number in range(2):
            await people.talk(200)
            with no_room_for(pid, tmp_path / "data"):
                await people.news.until(people.more_refused(20), "refusals for want of room")
                # Who comes and goes is told all the same.
                with site.hub.person(f"guest{number}", CHANNELS[0]) as guest:
                    guest.say("WHOIS ana", "PRIVMSG #one :is there room?")
                    assert "NOT_STORED" in guest.until("FAIL")[-1].params
            await people.talk(200)
        await people.end()
        people.check(await site.kept(), in_order=False)
        for one in people.people:
            assert (one.welcomes, one.last_words) == (1, [])
