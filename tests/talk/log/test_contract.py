"""What every log does, whatever it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk import changes as do
from razem.talk import history as hi
from razem.talk.history import (
    CHANGE,
    MESSAGE,
    REDACTED,
    REDACTION,
    TAGS,
    Conversations,
    Filing,
    Find,
    Kept,
    Latest,
    Page,
    Party,
    Pivot,
    Search,
    Unread,
    conversation,
)
from razem.talk.settings import History
from tests.talk.log.opened import Open, Opened, OpenMemory, line, run, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from razem.talk.history import Question

ALL = (MESSAGE, CHANGE, TAGS, REDACTION, REDACTED)
FAR = 10**9
Make = Any  # a function that opens a log


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Opened[Any]]:
    def opened(clock: Callable[[], int] = lambda: 1000, keep: History | None = None) -> Opened[Any]:
        if request.param == "memory":
            return OpenMemory(clock, keep)
        return Open(tmp_path / "log", clock, keep=keep)

    return opened


class Clock:
    """Milliseconds since 1970, as the test says."""

    def __init__(self) -> None:
        self.now = 1000

    def __call__(self) -> int:
        return self.now


async def ask(log: Opened[Any], question: Question) -> list[str]:
    """Return the texts of the lines that answer a question; "!" and what was told of others."""
    return [
        text(one) if isinstance(one.change, do.Speak) and not one.told else f"!{one.told}"
        for one in await log.log.read(question)
    ]


def page(target: str = "#a", **more: Any) -> Page:
    return msgspec.structs.replace(Page((target,), "latest", None, 99, FAR), **more)


# Filing


def test_a_line_to_a_channel_is_there_at_once_and_gone_when_it_is_filed_nowhere(
    make: Make,
) -> None:
    async def main() -> None:
        async with make() as log:
            await log.append(*(line(str(number)) for number in range(6)))
            assert await log.texts("#a") == ["0", "1", "2", "3", "4", "5"]
            log.log.file([Filing(2, None), Filing(5, None)])
            assert await log.texts("#a") == ["0", "2", "3", "5"]
            log.log.file([Filing(2, "#a")])
            assert await log.texts("#a") == ["0", "1", "2", "3", "5"]
            log.log.file([Filing(99, "#a"), Filing(4, "#b"), Filing(4, "#b")])
            assert await log.texts("#a") == ["0", "1", "2", "5"]
            assert await log.texts("#b") == ["3"]

    run(main())


def test_what_was_told_of_changes_comes_in_its_place_to_those_who_ask_for_it(make: Make) -> None:
    async def main() -> None:
        async with make() as log:
            await log.append(
                line("1"),
                do.SetTopic("1", "#a", "t"),
                line("2"),
                do.SendTags("1", "ana!~a@x", "#a", {"+draft/react": "x"}),
                do.Join("2", "#a"),
                line("3"),
            )
            log.log.file([Filing(2, "#a", CHANGE, ":ana!~a@x TOPIC #a :t"), Filing(4, "#a", TAGS)])
            assert await ask(log, page()) == ["1", "2", "3"]
            assert await ask(log, page(kinds=(MESSAGE, CHANGE))) == [
                "1",
                "!:ana!~a@x TOPIC #a :t",
                "2",
                "3",
            ]
            kept = await log.log.read(page(kinds=ALL, limit=3))
            assert [(one.seq, one.kind, one.target) for one in kept] == [
                (3, MESSAGE, "#a"),
                (4, TAGS, "#a"),
                (6, MESSAGE, "#a"),
            ]
            assert await ask(log, page(limit=2)) == ["2", "3"]

    run(main())


def test_times_and_places_are_those_of_the_entries(make: Make) -> None:
    clock = Clock()

    async def main() -> None:
        async with make(clock) as log:
            await log.append(line("1"))
            clock.now = 2000
            await log.append(line("2"))
            kept = await log.page("#a")
            assert [(one.seq, one.time, one.change) for one in kept] == [
                (entry.seq, entry.time, entry.change) for entry in log.entries
            ]

    run(main())


# Conversations


ANA, BO, BOB, CY = "account:ana", "account:bo", "user:h.1.2", "user:h.1.3"


def private(seq: int, sender: tuple[str, str], receiver: tuple[str, str]) -> Filing:
    return Filing(
        seq,
        conversation(sender[0], receiver[0]),
        parties=(Party(sender[0], receiver[1]), Party(receiver[0], sender[1])),
    )


async def talked(log: Opened[Any]) -> None:
    """Have four people talk in private, one of them under two nicks."""
    first = len(log.entries)
    await log.append(
        line("1", "bo"),
        line("2", "ana", nick="bo"),
        line("3", "ana", nick="Cy"),
        line("4", "ana", nick="robert"),
        line("5", "cy"),
        line("6", "#a"),
        line("7", "bo"),
    )
    log.log.file(
        [
            private(first + 1, (ANA, "ana"), (BO, "bo")),
            private(first + 2, (BO, "bo"), (ANA, "ana")),
            private(first + 3, (CY, "Cy"), (ANA, "ana")),
            private(first + 4, (BO, "robert"), (ANA, "ana")),
            private(first + 5, (ANA, "ana"), (CY, "cy")),
            private(first + 7, (ANA, "ana"), (BOB, "bo")),
        ]
    )


@pytest.mark.parametrize(
    ("who", "name", "texts"),
    [
        (ANA, "bo", ["1", "2", "4", "7"]),
        (ANA, "robert", ["1", "2", "4"]),
        (ANA, "cy", ["3", "5"]),
        (ANA, None, ["1", "2", "3", "4", "5", "7"]),
        (BO, "ana", ["1", "2", "4"]),
        (BO, "cy", []),
        (BOB, "ana", ["7"]),
        (CY, "ana", ["3", "5"]),
        ("account:dee", None, []),
    ],
)
def test_a_conversation_is_read_by_its_two_under_the_nicks_that_they_had(
    make: Make, who: str, name: str | None, texts: list[str]
) -> None:
    async def main() -> None:
        async with make() as log:
            await talked(log)
            question = page(targets=(), conversations=Conversations(who, name))
            assert await ask(log, question) == texts
            assert await ask(log, msgspec.structs.replace(question, limit=1)) == texts[-1:]

    run(main())


def test_the_last_message_of_each_target_tells_what_there_is(make: Make) -> None:
    clock = Clock()

    async def main() -> None:
        async with make(clock) as log:
            await log.append(line("a"))
            clock.now = 2000
            await talked(log)
            clock.now = 3000
            await log.append(line("b", "#b"), do.SetTopic("1", "#a", "t"))
            log.log.file([Filing(10, "#b", CHANGE, "topic")])

            async def latest(first: int, last: int, limit: int = 9) -> list[tuple[str, str]]:
                question = Latest(
                    ("#a", "#b", "#none"), Conversations(ANA), first, last, limit, FAR
                )
                return [(one.name, text(one)) for one in await log.log.read(question)]

            everything = [("robert", "4"), ("cy", "5"), ("#a", "6"), ("bo", "7"), ("#b", "b")]
            assert await latest(0, FAR) == everything
            assert await latest(FAR, 0) == everything
            assert await latest(0, FAR, 2) == everything[:2]
            assert await latest(FAR, 0, 2) == everything[-2:]
            assert await latest(2000, 3000) == []
            assert await latest(1999, 3000) == everything[:4]
            assert await latest(3001, 2000) == everything[4:]

    run(main())


def test_what_is_unread_is_counted_by_target(make: Make) -> None:
    clock = Clock()

    async def main() -> None:
        async with make(clock) as log:
            await log.append(line("old", "#a"))
            clock.now = 2000
            await talked(log)
            clock.now = 3000
            own = do.Speak("1", "ana!~a@x", "#a", "mine", account="ana")
            said = ["hi Ana!", "banana", "ana_lee", "x (ana)"]
            await log.append(own, *(line(one, "#a", nick="bo") for one in said))
            await log.append(line("b", "#b"), do.SetTopic("1", "#a", "t"))

            async def unread(read: dict[str, int], most: int = 99) -> list[tuple[Any, ...]]:
                mine = Conversations(ANA)
                targets = ("#a", "#b", "#none")
                question = Unread(targets, mine, read, 1000, "ana", "ana", most, FAR)
                return [
                    (one.name, one.unread, one.mentions, text(one))
                    for one in await log.log.read(question)
                ]

            conversations = [("robert", 3, 0, "4"), ("cy", 2, 0, "5"), ("bo", 1, 0, "7")]
            rooms = [("#a", 5, 3, "x (ana)"), ("#b", 1, 0, "b")]
            assert await unread({}) == [*conversations, *rooms]
            read = {"robert": 2000, "cy": 2000, "bo": 1999, "#a": 2999}
            assert await unread(read) == [
                conversations[2],
                ("#a", 4, 3, "x (ana)"),
                rooms[1],
            ]
            assert (
                await unread({"#a": 3000, "#b": 3000, "robert": 2000, "cy": 2000, "bo": 2000}) == []
            )
            few = {name: count for name, count, _, _ in await unread({}, 2)}
            assert few == {"robert": 2, "cy": 2, "bo": 1, "#a": 1, "#b": 1}

    run(main())


# Redaction


def test_what_was_redacted_says_nothing_any_more_and_its_place_stays(make: Make) -> None:
    async def main() -> None:
        async with make() as log:
            tags = {do.MESSAGE_ID_TAG: "m", "+x": "y"}
            await log.append(
                line("1"),
                do.Speak("1", "ana!~a@x", "#a", "a secret", tags=tags),
                line("3"),
                do.SendTags("1", "ana!~a@x", "#a", {"+draft/react": "x"}),
                line("never mind"),
            )
            log.log.file([Filing(4, "#a", TAGS)])
            assert await ask(log, page()) == ["1", "a secret", "3", "never mind"]
            filing = Filing(5, "#a", REDACTION, ":ana!~a@x REDACT #a log0-2", redacts=2)
            log.log.file([filing, Filing(5, "#a", REDACTION, "again", redacts=4)])
            for _ in range(2):
                assert await ask(log, page()) == ["1", "3"]
                kept = await log.log.read(page(kinds=ALL))
                assert [(one.seq, one.kind) for one in kept] == [
                    (1, MESSAGE),
                    (2, REDACTED),
                    (3, MESSAGE),
                    (4, REDACTED),
                    (5, REDACTION),
                ]
                assert kept[1].change == do.Speak(
                    "1", "ana!~a@x", "#a", "", tags={do.MESSAGE_ID_TAG: "m"}
                )
                assert kept[3].change == do.SendTags("1", "ana!~a@x", "#a", {})
                assert await ask(log, page(order="after", pivot=Pivot(2))) == ["3"]
                assert (
                    await log.log.read(Search(("#a",), None, "secret", "", None, None, 9, FAR))
                    == []
                )
                await log.append(line("", "elsewhere"))
                # As a start does that applies the entries again.
                log.log.file([Filing(2, "#a"), filing])

    run(main())


# One line


def test_one_line_is_found_by_its_place(make: Make) -> None:
    async def main() -> None:
        async with make() as log:
            await log.append(line("1"), line("2", "bo"), do.Join("1", "#a"), line("4"))
            log.log.file([private(2, (ANA, "ana"), (BO, "bo")), Filing(4, None)])
            for seq, until, target in (
                (1, FAR, "#a"),
                (2, FAR, conversation(ANA, BO)),
                (3, FAR, None),
                (4, FAR, None),
                (5, FAR, None),
                (2, 1, None),
            ):
                found = await log.log.read(Find(seq, until))
                assert [(one.seq, one.target) for one in found] == (
                    [(seq, target)] if target else []
                )

    run(main())


# Search


SAID = [
    ("#a", "ana", "That was fast!"),
    ("#a", "bo", "Fasting is hard."),
    ("#b", "ana", "breakfast at 8"),
    ("#a", "Ana", "Größe, ΖΩΉ and CAFÉ"),
    ("#a", "ana", "東京タワーへ行きたい"),
    ("#b", "bo", "hello wide world"),
    ("#a", "bo", "hello worldwide"),
    ("#a", "bo", "\x0304,05red\x03 http://example.com/a_b?q=1"),
    ("#a", "bo", ":) \x02bold\x02"),
]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("fast", [1, 2]),
        ("FAST", [1, 2]),
        ("hard fast", [2]),
        ("fast soft", []),
        ("grosse", [4]),
        ("groß", [4]),
        ("ζωη", [4]),
        ("cafe", [4]),
        ("東京", [5]),
        ("タワー", [5]),
        ("京東", []),
        ("hello wor", [6, 7]),
        ('"hello wor"', [7]),
        ('"hello wide', [6]),
        ("red", [8]),
        ("example.com", [8]),
        ("a_b", [8]),
        ("bold", [9]),
        (":)", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("OR", []),
        ('fast" OR "hello', []),
        ("text:fast", []),
        ("fast*", [1, 2]),
        ("NEAR(a b)", []),
        ("^ ( ) { } - + NOT", []),
    ],
)
def test_words_are_found(make: Make, query: str, places: list[int]) -> None:
    async def main() -> None:
        async with make() as log:
            await log.append(*(line(said, target, nick=nick) for target, nick, said in SAID))
            question = Search(("#a", "#b"), None, query, "", None, None, 99, FAR)
            assert [one.seq for one in await log.log.read(question)] == places

    run(main())


def test_a_search_is_for_what_one_may_read_by_sender_and_time(make: Make) -> None:
    clock = Clock()

    async def main() -> None:
        async with make(clock) as log:
            for number, (target, nick, said) in enumerate(SAID):
                clock.now = 1000 + number
                await log.append(line(said, target, nick=nick))
            await log.append(line("a fast secret", "bo"), do.SetTopic("1", "#a", "fast topic"))
            log.log.file([private(10, (ANA, "ana"), (BO, "bo")), Filing(11, "#a", CHANGE, "fast")])

            async def places(**more: Any) -> list[int]:
                every = Search(("#a", "#b"), None, "", "", None, None, 99, FAR)
                question = msgspec.structs.replace(every, **more)
                return [one.seq for one in await log.log.read(question)]

            assert await places() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
            assert await places(targets=("#b",)) == [3, 6]
            assert await places(targets=(), text="fast") == []
            assert await places(sender="ana") == [1, 3, 4, 5]
            assert await places(sender="ana", text="fast") == [1]
            assert await places(sender="an") == []
            assert await places(limit=2) == [8, 9]
            assert await places(text="fast", limit=1) == [2]
            assert await places(after=1001, before=1003) == [2, 3, 4]
            assert await places(after=1001, limit=2) == [2, 3]
            assert await places(before=1003, limit=2, text="fast") == [1, 2]
            assert await places(after=1001, text="fast", limit=1) == [2]
            assert await places(until=3) == [1, 2, 3]
            mine = Conversations(BO)
            assert await places(text="fast", conversations=mine) == [1, 2, 10]
            assert await places(targets=(), conversations=mine) == [10]
            assert await places(text="fast", conversations=Conversations(BO, "cy")) == [1, 2]
            log.log.file([Filing(1, None), Filing(2, "#c")])
            assert await places(text="fast", conversations=mine) == [10]
            assert await places(text="fast", targets=("#c",)) == [2]

    run(main())


def test_a_search_over_more_targets_than_the_index_is_asked_for(make: Make) -> None:
    async def main() -> None:
        async with make() as log:
            targets = tuple(f"#{number}" for number in range(100))
            await log.append(*(line("word", target) for target in targets))
            question = Search(targets[1:], None, "word", "", None, None, 200, FAR)
            assert [one.seq for one in await log.log.read(question)] == list(range(2, 101))

    run(main())


# Pages, compared with the simplest model


ORDERS: tuple[str, ...] = get_args(Page.__annotations__["order"]) or (
    "latest",
    "before",
    "after",
    "around",
    "between",
)
Order = Literal["latest", "before", "after", "around", "between"]
_SAID = st.lists(st.tuples(st.sampled_from(["#a", "#B", "bo"]), st.integers(0, 2)), max_size=25)
_PIVOTS = st.builds(Pivot, st.integers(0, 27)) | st.builds(Pivot, st.none(), st.integers(99, 125))
_ASKED = st.tuples(
    st.sampled_from(["latest", "before", "after", "around", "between"]),
    _PIVOTS,
    _PIVOTS,
    st.integers(1, 9),
    st.integers(0, 27),
)


def before(entry: Kept | do.Entry, pivot: Pivot) -> bool:
    return entry.time < pivot.time if pivot.seq is None else entry.seq < pivot.seq


def after(entry: Kept | do.Entry, pivot: Pivot) -> bool:
    return entry.time > pivot.time if pivot.seq is None else entry.seq > pivot.seq


def check_page(told: list[do.Entry], page: Page, answer: Sequence[int]) -> None:
    """Hold an answer against what the specification says."""
    pivot, end, limit = page.pivot, page.end, page.limit
    assert pivot is not None
    earlier = [one.seq for one in told if before(one, pivot)]
    later = [one.seq for one in told if after(one, pivot)]
    match page.order:
        case "latest":
            assert answer == later[-limit:]
        case "before":
            assert answer == earlier[-limit:]
        case "after":
            assert answer == later[:limit]
        case "around":
            everything = [one.seq for one in told]
            assert len(answer) == min(limit, len(everything))
            if answer:
                start = everything.index(answer[0])
                assert answer == everything[start : start + len(answer)]
                itself = [one for one in everything if one not in earlier + later]
                missing = len(everything) - start - len(answer)
                few_before = (
                    start == 0
                    or len([one for one in answer if one in earlier]) <= (limit // 2)
                    or not missing
                )
                assert few_before
                if limit > 1 and itself and len(itself) == 1:
                    assert itself[0] in answer
        case "between":
            assert end is not None
            forwards = [one.seq for one in told if after(one, pivot) and before(one, end)]
            backwards = [one.seq for one in told if before(one, pivot) and after(one, end)]
            assert answer == (forwards[:limit] if forwards else backwards[-limit:])


@settings(max_examples=60)
@given(_SAID, st.lists(_ASKED, max_size=10))
def test_every_log_gives_the_pages_of_the_model(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[str, int]],
    asked: list[tuple[Order, Pivot, Pivot, int, int]],
) -> None:
    clock = Clock()
    clock.now = 100

    async def main() -> None:
        path = tmp_path_factory.mktemp("log") / "log"
        async with OpenMemory(clock) as memory, Open(path, clock) as durable:
            for number, (target, wait) in enumerate(said):
                clock.now += wait
                await memory.append(line(str(number), target))
                await durable.append(line(str(number), target))
            for target in ("#a", "#b"):
                for order, pivot, end, limit, until in asked:
                    question = Page(
                        (target,), order, pivot, limit, until, end if order == "between" else None
                    )
                    told = [
                        entry
                        for entry in durable.entries
                        if isinstance(entry.change, do.Speak)
                        and entry.change.target.lower() == target
                        and entry.seq <= until
                    ]
                    first = await memory.log.read(question)
                    assert await durable.log.read(question) == first
                    check_page(told, question, [one.seq for one in first])

    run(main())


# Anything at all: both logs answer alike


_TARGETS = st.sampled_from(["#a", "#b", None, conversation(ANA, BO), conversation(ANA, CY)])
_KINDS = st.sampled_from([MESSAGE, CHANGE, TAGS, REDACTION])
_WORDS = st.text(st.sampled_from('ab ßÄé京\x03!"'), max_size=6)
_CHANGES = st.one_of(
    st.builds(line, _WORDS, st.sampled_from(["#a", "#B", "bo"]), nick=st.sampled_from(["x", "Y"])),
    st.builds(do.SetTopic, st.just("1"), st.just("#a"), st.just("t")),
)
_FILINGS = st.builds(
    Filing,
    st.integers(1, 12),
    _TARGETS,
    _KINDS,
    st.sampled_from(["", "told"]),
    st.sampled_from([(), (Party(ANA, "Bo"), Party(BO, "ana")), (Party(ANA, "cy"),)]),
    st.integers(0, 12),
).map(lambda filing: filing if filing.target is not None else Filing(filing.seq, None))
_CONVERSATIONS = st.builds(Conversations, st.sampled_from([ANA, BO]), st.sampled_from(["bo", None]))
_QUESTIONS = st.one_of(
    st.builds(
        Page,
        st.sampled_from([("#a",), ("#a", "#b"), ()]),
        st.sampled_from(["latest", "before", "after", "around"]),
        _PIVOTS,
        st.integers(1, 5),
        st.integers(0, 14),
        st.none(),
        st.lists(st.sampled_from(ALL), min_size=1, unique=True).map(tuple),
        st.none() | _CONVERSATIONS,
    ),
    st.builds(
        Search,
        st.sampled_from([("#a",), ("#a", "#b"), ()]),
        st.none() | st.builds(Conversations, st.just(ANA)),
        _WORDS,
        st.sampled_from(["", "x", "y"]),
        st.none() | st.integers(98, 110),
        st.none() | st.integers(98, 110),
        st.integers(1, 5),
        st.integers(0, 14),
    ),
    st.builds(
        Latest,
        st.sampled_from([("#a",), ("#a", "#b"), ()]),
        st.none() | st.builds(Conversations, st.just(ANA)),
        st.integers(98, 110),
        st.integers(98, 110),
        st.integers(1, 5),
        st.integers(0, 14),
    ),
    st.builds(Find, st.integers(1, 13), st.integers(0, 14)),
)
_STEPS = st.one_of(
    st.lists(_CHANGES, min_size=1, max_size=4),
    st.lists(_FILINGS, min_size=1, max_size=3),
    _QUESTIONS,
)


@settings(max_examples=60)
@given(st.lists(_STEPS, max_size=14))
def test_both_logs_answer_alike_whatever_is_filed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    clock = Clock()
    clock.now = 100

    async def main() -> None:
        path = tmp_path_factory.mktemp("log") / "log"
        async with OpenMemory(clock) as memory, Open(path, clock) as durable:
            for step in steps:
                clock.now += 1
                if not isinstance(step, list):
                    expected = await memory.log.read(step)
                    assert await durable.log.read(step) == expected
                elif isinstance(step[0], hi.Filing):
                    # Nothing is filed that was not appended, and nothing redacts what comes later.
                    real = [one for one in step if one.redacts < one.seq <= len(memory.entries)]
                    memory.log.file(real)
                    durable.log.file(real)
                else:
                    await memory.append(*step)
                    await durable.append(*step)

    run(main())


# What is kept


def test_of_each_target_so_many_messages_are_kept(make: Make) -> None:
    async def main() -> None:
        async with make(keep=History(keep_messages=3)) as log:
            await log.append(*(line(str(number)) for number in range(9)), line("b", "#b"))
            log.log.checkpoint(10, b"")
            if isinstance(log, Open):
                await log.log.tidy()
            assert await log.texts("#a") == ["6", "7", "8"]
            assert await log.texts("#b") == ["b"]
            found = await ask(log, Search(("#a", "#b"), None, "", "ana", None, None, 9, FAR))
            assert found == ["6", "7", "8", "b"]

    run(main())


def test_messages_are_kept_so_many_days(make: Make) -> None:
    clock = Clock()
    day = 86_400_000

    async def main() -> None:
        async with make(clock, History(keep_days=2)) as log:
            for number in range(5):
                clock.now += day
                await log.append(line(str(number)), line(str(number), "#b"))
            log.log.checkpoint(10, b"")
            if isinstance(log, Open):
                await log.log.tidy()
            assert await log.texts("#a") == ["2", "3", "4"]
            assert await log.texts("#b") == ["2", "3", "4"]

    run(main())
