"""The page of a hub in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.hub.process import HubProcess
    from tests.page.conftest import People

pytestmark = pytest.mark.timeout(120)

# What a stranger may try: none of it may run, load or leave its place.
INJECTIONS = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    "javascript:document.title='broken'//",
    "https://example.org/\" onclick=\"document.title='broken'",
    "`<svg onload=document.title='broken'>`",
    "```\n</code></pre><img src=x onerror=alert(1)>\n```",
    "{{constructor.constructor('document.title=1')()}}",
    "\u202egnp.exe \x1b[31mred\x1b[0m \x07",
]


def test_two_people_talk(people: People) -> None:
    ana, bo = people.person("ana"), people.person("bo")
    ana.say("good morning")
    bo.sees("good morning")
    bo.say("to you too")
    ana.sees("to you too")
    assert ana.texts() == bo.texts() == ["good morning", "to you too"]
    expect(ana.page.locator("#member-list li")).to_have_count(2)


def test_an_irc_client_and_the_page_are_in_one_channel(hub: HubProcess, people: People) -> None:
    ana = people.person("ana")
    with hub.person("bo", "#lobby") as bo:
        bo.say("PRIVMSG #lobby :ana: look at https://example.org/a_(b)!", "TOPIC #lobby :tea")
        ana.sees("look at")
        link = ana.page.locator("#lines a")
        expect(link).to_have_attribute("href", "https://example.org/a_(b)")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(ana.page.locator(".line.mention")).to_have_count(1)
        ana.say("seen")
        line = bo.until("PRIVMSG")[-1]
        assert line.params == ("#lobby", "seen")


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_strangers_say_is_text_and_nothing_else(
    hub: HubProcess, people: People, text: str
) -> None:
    ana = people.person("ana")
    line = text.replace("\n", " ").replace("\r", " ")
    with hub.person("mallory", "#lobby", caps="message-tags setname") as mallory:
        mallory.say(
            f"PRIVMSG #lobby :{line}",
            f"NOTICE #lobby :{line}",
            f"PRIVMSG #lobby :\x01ACTION {line}\x01",
            f"PRIVMSG ana :{line}",
            f"@+draft/react={line[:16].replace(' ', '').replace(';', '')} TAGMSG #lobby",
            f"PART #lobby :{line}",
            f"QUIT :{line}",
        )
        mallory.rest()
    ana.say("after it all")
    ana.sees("after it all")
    expect(ana.page.locator("#people li")).to_have_count(1)
    page = ana.page
    assert page.title() != "broken"
    assert page.locator("#lines :is(img, script, svg, iframe, object, style)").count() == 0
    for link in page.locator("#lines a").all():
        href = link.get_attribute("href") or ""
        assert href.startswith(("http://", "https://"))
        assert link.get_attribute("onclick") is None
    shown = page.locator("#lines").inner_text()
    assert not any(character in shown for character in "\u202e\x1b\x07")


def test_a_message_is_answered_reacted_to_and_removed(people: People) -> None:
    ana, bo = people.person("ana"), people.person("bo")
    ana.say("who is for tea?")
    bo.sees("who is for tea?")
    line = bo.page.locator(".line", has_text="who is for tea?")
    line.hover()
    line.get_by_label("React with 👍").click()
    expect(ana.page.locator(".reaction")).to_have_text("👍 1")
    line.hover()
    line.get_by_label("Reply", exact=True).click()
    bo.say("me")
    expect(ana.page.locator(".reply")).to_contain_text("ana: who is for tea?")


def test_typing_is_shown(people: People) -> None:
    ana, bo = people.person("ana"), people.person("bo")
    ana.page.locator("#input").press_sequentially("he")
    expect(bo.page.locator("#typing")).to_have_text("ana is typing…")
    ana.say("hello")
    expect(bo.page.locator("#typing")).to_have_text("")


def test_everything_can_be_done_with_the_keyboard(people: People) -> None:
    ana = people.person("ana")
    keyboard = ana.page.keyboard
    ana.say("/join #kitchen")
    expect(ana.page.locator("#place")).to_have_text("#kitchen")
    keyboard.press("Alt+ArrowDown")
    expect(ana.page.locator("#place")).to_have_text("#lobby")
    keyboard.press("Control+k")
    keyboard.type("kit")
    keyboard.press("Enter")
    expect(ana.page.locator("#place")).to_have_text("#kitchen")
    ana.page.locator("#input").focus()
    keyboard.type("/he")
    keyboard.press("Tab")
    expect(ana.page.locator("#input")).to_have_value("/help ")
    keyboard.press("Enter")
    expect(ana.page.locator("#help")).to_be_visible()
    keyboard.press("Escape")
    expect(ana.page.locator("#help")).to_be_hidden()
    parts = []
    for _ in range(4):
        keyboard.press("F6")
        part = "document.activeElement.closest('#sidebar, #scroller, #composer, #members')?.id"
        parts.append(ana.page.evaluate(part))
    assert set(parts) == {"sidebar", "scroller", "composer", "members"}


def test_nicks_are_completed(hub: HubProcess, people: People) -> None:
    ana = people.person("ana")
    with hub.person("benedikt", "#lobby"):
        expect(ana.page.locator("#member-list li")).to_have_count(2)
        ana.page.locator("#input").press_sequentially("ben")
        ana.page.keyboard.press("Tab")
        expect(ana.page.locator("#input")).to_have_value("benedikt: ")


def test_what_is_begun_in_a_channel_is_kept_there(people: People) -> None:
    ana = people.person("ana")
    ana.say("/join #kitchen")
    ana.page.locator("#input").fill("half a thou")
    ana.page.locator("#channels").get_by_text("lobby").click()
    expect(ana.page.locator("#input")).to_have_value("")
    ana.page.reload()
    expect(ana.page.locator("html")).to_have_attribute("data-phase", "ready")
    ana.page.locator("#channels").get_by_text("kitchen").click()
    expect(ana.page.locator("#input")).to_have_value("half a thou")


def test_unread_and_mentions_are_counted(hub: HubProcess, people: People) -> None:
    ana = people.person("ana")
    ana.say("/join #kitchen")
    with hub.person("bo", "#lobby") as bo:
        bo.say("PRIVMSG #lobby :one", "PRIVMSG #lobby :two, ana", "PRIVMSG ana :psst")
        badge = ana.page.locator("#channels .badge")
        expect(badge).to_have_text("1")  # mentions count before the rest
        expect(badge).to_have_class("badge mentions")
        expect(ana.page.locator("#people .badge")).to_have_text("1")
        assert ana.page.title().startswith("(2) ")
        ana.page.locator("#channels").get_by_text("lobby").click()
        expect(ana.page.locator("#channels .badge")).to_have_count(0)
        expect(ana.page.locator(".unread")).to_have_count(1)


def test_a_lost_connection_is_told_and_what_was_written_goes_out_later(people: People) -> None:
    ana, bo = people.person("ana"), people.person("bo")
    context = ana.page.context
    ana.page.evaluate("razem.link.client.lost('a test')")  # as if the network were gone
    context.set_offline(True)
    ana.page.evaluate("razem.link.close(); razem.link.flush()")
    ana.say("written meanwhile")
    expect(ana.page.locator(".outgoing")).to_contain_text("Waiting to be sent")
    bo.say("said meanwhile")
    bo.sees("said meanwhile")
    context.set_offline(False)
    drafts = ana.page.locator(".outgoing").count()
    assert drafts == 1


def test_a_phone_shows_one_part_at_a_time(people: People) -> None:
    ana = people.person(width=390, height=780)
    ana.enter("ana")
    expect(ana.page.locator("#sidebar")).not_to_be_in_viewport()
    ana.page.get_by_label("Channels", exact=True).click()
    expect(ana.page.locator("#sidebar")).to_be_in_viewport()
    ana.page.mouse.click(370, 400)
    expect(ana.page.locator("#sidebar")).not_to_be_in_viewport()
    wide = ana.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide


def test_the_first_load_is_small_and_from_the_hub_alone(people: People, hub: HubProcess) -> None:
    ana = people.person()
    hosts: set[str] = set()
    ana.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    ana.open()
    size = ana.page.evaluate(
        "[...performance.getEntriesByType('resource'),"
        " ...performance.getEntriesByType('navigation')]"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    assert hosts == {f"localhost:{hub.port}"}
    assert 0 < size < 100_000


def test_every_field_and_button_has_a_name(people: People) -> None:
    ana = people.person("ana")
    nameless = ana.page.evaluate(
        """[...document.querySelectorAll('button, input, textarea, select')].filter((one) =>
            !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_a_wheel_goes_through_all_that_was_said(hub: HubProcess, people: People) -> None:
    texts = [f"line {number}" for number in range(450)]
    with hub.person("bo", "#lobby") as bo:
        for start in range(0, len(texts), 50):
            bo.say(*(f"PRIVMSG #lobby :{text}" for text in texts[start : start + 50]), "PING x")
            bo.until("PONG")
        ana = people.person("ana")
        ana.sees("line 449")
        ana.page.locator("#scroller").hover()
        seen: list[str] = []
        while not seen or seen[0] != texts[0]:
            before = ana.texts()[:1]
            ana.page.mouse.wheel(0, -400)
            ana.page.wait_for_timeout(20)
            shown = ana.texts()
            # What is shown follows one another, whatever was loaded meanwhile.
            first = texts.index(shown[0])
            assert shown == texts[first : first + len(shown)]
            new = [text for text in shown if text not in seen]
            seen = new + seen
            assert len(seen) <= len(texts), before
        assert seen == texts


def test_the_page_tells_the_fingerprint_that_the_hub_prints(people: People) -> None:
    ana = people.person()
    ana.open()
    ana.page.get_by_text("Is this the right hub?").click()
    shown = ana.page.locator("#enter-form .fingerprint").inner_text()
    assert re.fullmatch("sha256:[0-9a-f]{64}", shown)
    expect(ana.page.locator("#settings .fingerprint")).to_have_text(shown)
