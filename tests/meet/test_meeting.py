"""Two ends that meet by a real hub, over real sockets; and those who come between."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

import razem
from razem import aio
from razem.errors import AddressError, CodeError, Error, TimedOutError, UnavailableError
from razem.hub.config import Config
from razem.hub.control.requests import Invite
from razem.hub.control.steering import Steering
from razem.hub.running import running_hub
from razem.meet import Via, meeting
from razem.meet.codes import Code
from razem.meet.hub_line import HubLine
from razem.meet.messages import Found, Numbered, Offer, Prove, Refused, SeekAt, Take, Wrong
from razem.meet.pipes import hear, say
from razem.meet.proof import Sought
from razem.sockets.address import Address
from razem.sockets.aio.lasting_stream import LastingStream
from razem.sockets.lasting.settings import Lasting
from razem.talk.client.place import find_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from razem.hub.process import HubProcess
    from razem.sockets.aio.listener import Listener
    from razem.sockets.aio.stream import Stream

QUICK = Lasting(patience=20, heartbeat=1, silence=3, linger=3)


class Tap:
    """A relay before a hub, which keeps all that passes."""

    def __init__(self, target: Address) -> None:
        self.target = target
        self.seen = bytearray()

    async def carry(self, client: Stream) -> None:
        async with await aio.connect(self.target) as server:

            async def way(source: Stream, target: Stream) -> None:
                async for data in source:
                    self.seen += data
                    await target.send(data)
                await target.close_sending()

            await asyncio.gather(way(client, server), way(server, client))


@asynccontextmanager
async def hub(
    password: str = "", listen: str = "tcp://127.0.0.1:0", *, meet: bool = True
) -> AsyncIterator[HubProcess]:
    config = Config(listen=listen, memory=True, password=password, meet=meet, announce=False)
    async with running_hub(config) as process:
        yield process


def via(process: HubProcess, password: str = "") -> Via:
    where = process.addresses[0]
    address = Address.of("tls", host=where.host, port=where.port)
    return Via(address, password, process.load_identity().fingerprint)


@asynccontextmanager
async def met(listener: Listener, *, timeout: float = 20) -> AsyncIterator[tuple[Stream, Stream]]:
    """The first line between who listens and who connects."""
    accepting = asyncio.create_task(listener.accept(timeout=timeout))
    client = await aio.connect(listener.local, timeout=timeout)
    server = await accepting
    try:
        yield client, server
    finally:
        await client.abort()
        await server.abort()


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(scenario())


async def exchange(one: Stream, other: Stream, data: bytes = b"secret words") -> None:
    """Say something each way, and have it read."""
    for sender, receiver in ((one, other), (other, one)):
        sending = asyncio.create_task(sender.send(data))
        assert await receiver.receive_exactly(len(data), timeout=10) == data
        await sending
        await sender.delivered(timeout=10)


def test_two_meet_by_a_hub_that_sees_ciphertext_only() -> None:
    async def scenario() -> None:
        told: list[str] = []
        async with hub() as process, await aio.listen("tcp://127.0.0.1:0") as front:
            tap = Tap(process.addresses[0])
            tapping = asyncio.create_task(front.serve(tap.carry))
            where = Address.of("tls", host="127.0.0.1", port=front.local.port)
            with meeting(via=Via(where), direct=False, tell=told.append):
                async with await aio.listen("code:") as listener, met(listener) as lines:
                    code = Code.parse(listener.local.code)
                    assert code.number == 1
                    await exchange(*lines, b"secret words" * 20_000)
            for word in (*code.words, "secret"):
                assert word.encode() not in tap.seen
            assert len(tap.seen) > 400_000
            assert b"RAZEM-RELAY " in tap.seen
            tapping.cancel()
        assert any("which sees ciphertext only" in each for each in told)

    run(scenario)


def test_a_line_by_the_hub_moves_to_a_direct_way() -> None:
    async def scenario() -> None:
        told: list[str] = []
        async with hub() as process:
            with meeting(via=via(process), local=False, tell=told.append):
                async with await aio.listen("code:") as listener, met(listener) as lines:
                    client, server = lines
                    assert isinstance(client, LastingStream)
                    async with asyncio.timeout(20):
                        while not any("connected directly" in each for each in told):
                            await exchange(client, server)
                    await exchange(client, server)
                    assert client.transports > 1
                    assert client.remote is not None
                    assert client.remote.port != process.addresses[0].port

    run(scenario)


def test_several_lines_of_one_pair() -> None:
    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False):
                async with await aio.listen("code:") as listener, met(listener) as first:
                    for _ in range(3):
                        async with met(listener) as another:
                            await exchange(*another)
                    await exchange(*first)

    run(scenario)


def test_a_wrong_code_is_void_for_everybody() -> None:
    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False):
                async with await aio.listen("code:") as listener:
                    code = Code.parse(listener.local.code)
                    guess = code._replace(words=code.words[::-1])
                    accepting = asyncio.create_task(listener.accept(timeout=10))
                    with pytest.raises(CodeError, match="does not have this code"):
                        await aio.connect(f"code:{guess}", timeout=10)
                    with pytest.raises(CodeError, match="came with a wrong code: it is void"):
                        await accepting
                    with pytest.raises(TimedOutError, match="nobody waits by the number"):
                        await aio.connect(listener.local, timeout=2)

    run(scenario)


def test_who_asks_and_does_not_guess_does_no_harm() -> None:
    """Strangers who know the number get the message of SPAKE2, and the right one still comes."""

    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False):
                async with await aio.listen("code:") as listener:
                    code = Code.parse(listener.local.code)
                    for _ in range(3):
                        pipe = await stranger(via(process), code.number)
                        async with pipe:
                            await say(pipe, Sought(code, b"", lambda n: bytes(n - 1) + b"x").seek())
                            assert isinstance(await hear(pipe, Offer, Wrong), Offer)
                    async with await stranger(via(process), code.number) as rude:
                        await rude.send(b"GET / HTTP/1.1\r\n\r\n")
                        with suppress(Error):
                            assert await rude.receive(timeout=5) == b""
                    async with met(listener) as lines:
                        await exchange(*lines)

    run(scenario)


async def stranger(hub_place: Via, number: int) -> Stream:
    line = await HubLine.open(hub_place)
    await line.say(SeekAt(number))
    found = await line.hear()
    assert isinstance(found, Found)
    pipe = await line.come(found.ticket)
    await line.close()
    return pipe.stream


def test_a_thief_of_the_number_gets_one_guess_and_the_code_is_used_up() -> None:
    """He answers in the place of the other end, with the message of a guess of his."""

    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False):
                async with await aio.listen("code:7-guitar-zebra") as thief:
                    accepting = asyncio.create_task(thief.accept(timeout=10))
                    with pytest.raises(CodeError):
                        await aio.connect("code:7-guitar-ocean", timeout=10)
                    with pytest.raises(CodeError):
                        await accepting

    run(scenario)


def test_a_man_in_the_middle_cannot_put_in_his_certificate() -> None:
    """He may carry all that is said before TLS, and change nothing of it."""

    async def scenario() -> None:
        told: list[str] = []
        async with hub() as process:
            with meeting(via=via(process), direct=False, tell=told.append):
                async with await aio.listen("code:") as listener:
                    code = Code.parse(listener.local.code)
                    pipe = await stranger(via(process), code.number)
                    sought = Sought(code, b"another's certificate", lambda n: bytes(n - 1) + b"x")
                    await say(pipe, sought.seek())
                    offer = await hear(pipe, Offer, Offer)
                    prove = sought.prove(offer)
                    await say(pipe, Prove(b"his own certificate", prove.seal))
                    assert isinstance(await hear(pipe, Wrong, Wrong), Wrong)
                    with pytest.raises(CodeError, match="void"):
                        await listener.accept(timeout=10)
                    await pipe.abort()
            assert told == []

    run(scenario)


def test_codes_expire() -> None:
    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False, expires=0.1):
                async with await aio.listen("code:") as listener:
                    with pytest.raises(CodeError, match=r"expired: nobody came within 0.1 seconds"):
                        await listener.accept(timeout=10)

    run(scenario)


def test_nobody_there_is_told_with_all_reasons_and_the_code_stays_good() -> None:
    async def scenario() -> None:
        async with hub() as process:
            with meeting(via=via(process), direct=False):
                with pytest.raises(TimedOutError, match="hub: nobody waits by the number 7"):
                    await aio.connect("code:7-guitar-ocean", timeout=1)
                async with (
                    await aio.listen("code:7-guitar-ocean") as listener,
                    met(listener) as lines,
                ):
                    await exchange(*lines)

    run(scenario)


def test_no_way_at_all_is_told() -> None:
    async def scenario() -> None:
        with meeting(direct=False), pytest.raises(UnavailableError, match="--via HUB"):
            await aio.listen("code:")

    run(scenario)


def test_a_hub_asks_for_its_password() -> None:
    async def scenario() -> None:
        async with hub("sesame") as process:
            with (
                meeting(via=via(process), direct=False),
                pytest.raises(UnavailableError, match="an invitation, or the password"),
            ):
                await aio.listen("code:")
            with meeting(via=via(process, "sesame"), direct=False):
                async with await aio.listen("code:") as listener, met(listener) as lines:
                    await exchange(*lines)

    run(scenario)


def test_an_invitation_lets_in_too() -> None:
    async def scenario() -> None:
        async with hub("sesame", "tcp://:0") as process:
            made = await Steering(process).carry_out(Invite(host="localhost"))
            place = find_place(str(made["link"]), secure=True)
            port = process.addresses[0].port
            here = Via(
                Address.of("tls", host="127.0.0.1", port=port), place.password, place.fingerprint
            )
            with meeting(via=here, direct=False):
                async with await aio.listen("code:") as listener, met(listener) as lines:
                    await exchange(*lines)
            with (
                meeting(via=here._replace(password=f"{place.password}x"), direct=False),
                pytest.raises(UnavailableError, match="an invitation, or the password"),
            ):
                await aio.listen("code:")

    run(scenario)


def test_a_hub_that_joins_nobody() -> None:
    async def scenario() -> None:
        async with hub(meet=False) as process:
            with (
                meeting(via=via(process), direct=False),
                pytest.raises(UnavailableError, match="it joins nobody"),
            ):
                await aio.listen("code:")

    run(scenario)


def test_another_hub_than_the_named_one_is_refused() -> None:
    async def scenario() -> None:
        async with hub() as process:
            false = via(process)._replace(fingerprint="sha256:" + 64 * "0")
            with (
                meeting(via=false, direct=False),
                pytest.raises(UnavailableError, match="not the expected one"),
            ):
                await aio.listen("code:")

    run(scenario)


def test_nothing_comes_of_a_ticket_that_is_none() -> None:
    async def scenario() -> None:
        async with hub() as process:
            for line in (b"RAZEM-RELAY " + b"0" * 32 + b"\n", b"RAZEM-RELAY nonsense\n"):
                async with await aio.connect(process.addresses[0]) as client:
                    await client.send(line)
                    with suppress(Error):
                        assert await client.receive(timeout=5) == b""

    run(scenario)


def test_numbers_are_free_when_their_owners_have_gone() -> None:
    async def scenario() -> None:
        async with hub() as process:
            for _ in range(3):
                line = await HubLine.open(via(process))
                await line.say(Take(5))
                answer = await line.hear()
                while isinstance(answer, Refused):  # until the hub has noticed
                    await line.say(Take(5))
                    answer = await line.hear()
                assert answer == Numbered(5, 600)
                await line.close()

    run(scenario)


def test_a_hub_that_is_restarted_under_a_line() -> None:
    async def scenario() -> None:
        async with hub() as process:
            place = via(process)
            with meeting(via=place._replace(fingerprint=""), direct=False, lasting=QUICK):
                listener = await aio.listen("code:")
                accepting = asyncio.create_task(listener.accept())
                client = await aio.connect(listener.local, timeout=20)
                server = await accepting
                await exchange(client, server)
        await client.send(b"while the hub was away")
        async with hub(listen=f"tcp://127.0.0.1:{place.address.port}"):
            assert await server.receive_exactly(22, timeout=20) == b"while the hub was away"
            await exchange(client, server)
            await client.close()
            await server.close()
            await listener.close()

    run(scenario)


def test_codes_are_checked_before_anybody_is_asked() -> None:
    for text, said in (("code:", "which code"), ("code:7-guiter-ocean", "guitar")):
        with pytest.raises(AddressError, match=said):
            razem.connect(text)


def test_blocking_ends() -> None:
    def both(place: Via) -> None:
        with meeting(via=place, direct=False), razem.listen("code:") as listener:
            client = razem.connect(listener.local, timeout=20)
            with client, listener.accept(timeout=20) as server:
                client.send(b"question")
                assert server.receive_exactly(8) == b"question"
                client.delivered(timeout=10)
                server.send(b"answer")
                assert client.receive_exactly(6) == b"answer"

    async def scenario() -> None:
        async with hub() as process:
            await asyncio.to_thread(both, via(process))

    run(scenario)
