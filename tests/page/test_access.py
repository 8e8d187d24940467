"""What the page is to those who see badly, or use a keyboard or a screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.hub.process import HubProcess
    from tests.page.conftest import People, Person

pytestmark = pytest.mark.timeout(120)

# Text that is seen, with its contrast (WCAG 2.2, 1.4.3) to what is painted below it.
CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) =>
    top.slice(0, 3).map((one, n) => one * top[3] + below[n] * (1 - top[3]));
  const background = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(channels(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const luminance = (color) => {
    const [red, green, blue] = color.map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const seen = { opacityProperty: true, visibilityProperty: true };
    if (!text || !element.checkVisibility(seen)) continue;
    const style = getComputedStyle(element);
    const below = background(element);
    const pair = [luminance(over(channels(style.color), below)), luminance(below)];
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push([text, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), large ? 3 : 4.5]);
  }
  return found;
}"""

# What can be used, and by which name a screen reader tells it.
CONTROLS = """() => [...document.querySelectorAll(
    "button, input, textarea, select, a[href], [role=log]")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.outerHTML.slice(0, 90), (one.getAttribute("aria-label")
    || one.labels?.[0]?.textContent || one.textContent || one.title).trim()])"""


def talk(hub: HubProcess, ana: Person) -> None:
    """Let there be something of each kind."""
    with hub.person("bo", "#lobby", caps="message-tags") as bo:
        bo.say(
            "PRIVMSG #lobby :ana: look at https://example.org/ and `code`",
            "PRIVMSG #lobby :\x01ACTION waves\x01",
            "NOTICE #lobby :a notice",
            "PRIVMSG ana :a word in private",
            "QUIT :bye",
        )
        bo.rest()
    ana.sees("waves")
    ana.say("and mine")
    ana.sees("and mine")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(people: People, hub: HubProcess, scheme: str) -> None:
    ana = people.person()
    ana.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    ana.open()
    weak = _weak(ana)
    ana.enter("ana")
    talk(hub, ana)
    weak += _weak(ana)
    for button in ("#show-help", "#show-settings"):
        ana.page.locator(button).click()
        weak += _weak(ana)
        ana.page.keyboard.press("Escape")
    assert weak == []


def test_the_test_sees_what_is_weak(people: People) -> None:
    ana = people.person("ana")
    ana.page.evaluate("document.getElementById('place').style.color = '#999'")
    assert [text for text, *_ in _weak(ana)] == ["#lobby"]


def _weak(person: Person) -> list[Any]:
    found = person.page.evaluate(CONTRASTS)
    assert len(found) > 5
    return [each for each in found if each[1] < each[2]]


def test_all_that_can_be_used_has_a_name(people: People, hub: HubProcess) -> None:
    ana = people.person()
    ana.open()
    nameless = _nameless(ana)
    ana.enter("ana")
    talk(hub, ana)
    nameless += _nameless(ana)
    for button in ("#show-help", "#show-settings", "#add", "#show-search"):
        ana.page.locator(button).click()
        nameless += _nameless(ana)
        ana.page.keyboard.press("Escape")
    assert nameless == []


def _nameless(person: Person) -> list[str]:
    found = person.page.evaluate(CONTROLS)
    assert len(found) > 3
    return [markup for markup, name in found if not name]


def test_the_focus_goes_as_one_reads_and_is_seen(people: People, hub: HubProcess) -> None:
    ana = people.person("ana")
    talk(hub, ana)
    ana.page.locator("#add").focus()
    parts: list[str] = []
    for _ in range(60):
        part, outline = ana.page.evaluate(
            """() => [document.activeElement.closest(
                "#sidebar, #head, #scroller, #composer, #members")?.id ?? "",
              getComputedStyle(document.activeElement).outlineStyle]"""
        )
        if part and part not in parts:
            parts.append(part)
            if part != "composer":  # whose frame is another colour
                assert outline not in {"none", "hidden"}, part
        ana.page.keyboard.press("Tab")
    assert parts == ["sidebar", "head", "scroller", "composer", "members"]


def test_the_structure_is_told(people: People) -> None:
    ana = people.person("ana")
    page = ana.page
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("navigation").count() == 1
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"
    assert page.locator("h1").count() == 1
    assert (
        page.get_by_role("textbox", name="Message")
        .or_(page.get_by_role("combobox", name="Message"))
        .count()
    )
