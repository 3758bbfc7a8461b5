"""Words that somebody selects take a comment: by mouse, by keyboard, by touch, in every script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]

WORDS = (
    '<section class="pp-section" data-anchor="words"><h2>Words of it</h2>'
    "<p>Tokens rotate on every use.</p>"
    "<p>One   <b>bold\n word</b>,<br>a line &amp; \U0001f600 smiles, cafe\u0301 noir.</p>"
    "<p>השרת מחזיק שתי גרסאות של כל מסמך.</p>"
    "<p>The last one is here.</p></section>"
    '<section class="pp-section" data-anchor="parts"><h2>Parts</h2><table><thead><tr>'
    "<th>Column</th><th>Type</th></tr></thead><tbody><tr><td>id</td>"
    "<td>before<ul><li>in a list</li></ul>behind it</td></tr></tbody></table>"
    '<div class="pp-code"><pre>def push(plan):\n    return plan.store()\n</pre></div>'
    '<figure class="pp-figure"><svg viewBox="0 0 200 60" role="img" aria-label="Parts">'
    '<g data-anchor="relay"><rect width="90" height="40"/><text x="5" y="20">Relay box</text></g>'
    "</svg></figure>"
    '<ol class="pp-flow"><li class="pp-node c1 r1" data-anchor="box">Gateway</li></ol></section>'
)
SELECT = """(words) => {
  document.activeElement.blur();
  const walker = document.createTreeWalker(document.getElementById("pp-doc"), NodeFilter.SHOW_TEXT);
  const find = (text, end) => {
    for (walker.currentNode = walker.root; walker.nextNode();) {
      const at = walker.currentNode.data.indexOf(text);
      if (at >= 0) return [walker.currentNode, at + (end ? text.length : 0)];
    }
    throw new Error(`${text} is not there`);
  };
  getSelection().setBaseAndExtent(...find(words[0], false), ...find(words.at(-1), true));
}"""
CASES = {
    "inline": (("bold", "a line"), "bold word, a line"),
    "emoji": (("\U0001f600 smiles",), "\U0001f600 smiles"),
    "composed": (("cafe\u0301 noir",), "caf\u00e9 noir"),
    "behind": (("noir",), "noir"),
    "rtl": (("שתי גרסאות",), "שתי גרסאות"),
    "heading": (("Words of",), "Words of"),
    "cell": (("behind",), "behind"),
    "code": (("push(plan)", "plan.store"), "push(plan): return plan.store"),
}


@pytest.fixture(scope="session")
def words(server: Server) -> str:
    made: str = server.push(WORDS, "title=Words&visibility=published").json()["plan"]
    return made


def select(page: Any, *words: str) -> Any:
    page.evaluate(SELECT, list(words))
    button = page.locator("#pp-say-button")
    expect(button).to_be_visible()
    return button


def marked(page: Any) -> list[str]:
    """What the page marks of what the open composer or thread is about."""
    return page.evaluate('[...CSS.highlights.get("pp-active")].map(String)')


def test_words_become_a_quote_that_the_server_finds(visit: Visit, words: str) -> None:
    page = visit("bob", at=f"/p/{words}")
    for name, (chosen, quote) in CASES.items():
        select(page, *chosen).click()
        expect(page.locator("#pp-composer [name=quote]")).to_have_value(quote)
        page.locator("#pp-new-body").fill(f"About {name}")
        page.locator("#pp-new-send").click()
        card = page.locator("#threads .thread", has_text=f"About {name}")
        expect(card.locator("a.quote")).to_contain_text(quote[:20])
        expect(page.locator("#composer")).to_be_empty()
    assert page.evaluate('CSS.highlights.get("pp-exact").size') == len(CASES)


def test_by_keyboard(visit: Visit, words: str) -> None:
    page = visit("bob", at=f"/p/{words}")
    page.evaluate(SELECT, ["rotate"])
    page.keyboard.press("Shift+ArrowRight")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    button = page.locator("#pp-say-button")
    expect(button).to_have_accessible_name("Comment on “rotate on”")
    expect(page.locator("#announce")).to_contain_text("Press c")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_have_count(0)
    page.keyboard.press("Shift+ArrowRight")
    expect(button).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#pp-new-body")).to_be_focused()
    expect(page.locator("#pp-composer [name=quote]")).to_have_value("rotate on")
    assert marked(page) == ["rotate on"]


def test_by_touch(visit: Visit, words: str) -> None:
    page = visit(
        "bob",
        at=f"/p/{words}",
        has_touch=True,
        is_mobile=True,
        viewport={"width": 390, "height": 800},
    )
    button = select(page, "rotate", "every")
    box = button.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 36
    page.touchscreen.tap(box["x"] + 20, box["y"] + 20)
    expect(page.locator("#pp-new-body")).to_be_visible()
    expect(page.locator("#pp-composer [name=quote]")).to_have_value("rotate on every")


def test_of_several_blocks_the_fullest_is_named(visit: Visit, words: str) -> None:
    page = visit("bob", at=f"/p/{words}")
    button = select(page, "use.", "a line")
    expect(button).to_have_text("Comment on “One bold word, a line”")
    button.click()
    expect(page.locator("#pp-composer [name=quote]")).to_have_value("One bold word, a line")
    assert marked(page) == ["One   bold\n word,a line"]
    expect(page.locator("#pp-new-body")).to_be_focused()  # while somebody types nothing is offered
    expect(select(page, "Gateway")).to_have_text("Comment")
    select(page, "Relay").click()
    expect(page.locator("#pp-composer [name=block]")).to_be_attached()
    expect(page.locator("#pp-composer [name=quote]")).to_have_count(0)
    expect(page.locator("#composer label").first).to_have_text("On “Relay box”")


def test_a_long_quote_is_read_from_its_offsets(visit: Visit, server: Server) -> None:
    text = "長い文章です。" * 200
    html = f'<section data-anchor="a"><h2>Long</h2><p>Start. {text} End.</p></section>'
    slug = server.push(html, "title=Long&visibility=published").json()["plan"]
    page = visit("bob", at=f"/p/{slug}")
    select(page, text).click()
    expect(page.locator("#pp-composer [name=quote]")).to_have_value(text)
    page.locator("#pp-new-body").fill("All of it?")
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .thread")).to_have_attribute("data-start", "7")


def test_after_an_update_the_words_are_of_the_new_version(visit: Visit, server: Server) -> None:
    html = '<section data-anchor="a"><h2>Part</h2><p>{}</p></section>'
    slug = server.push(html.format("Old words."), "title=U&visibility=published").json()["plan"]
    page = visit("bob", at=f"/p/{slug}")
    server.push(html.format("Fresh words here."), f"plan={slug}&base_version=1")
    page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    page.locator("#pp-bring").click()
    expect(page.locator("#s-a p")).to_have_text("Fresh words here.")
    select(page, "words here").click()
    expect(page.locator("#pp-composer [name=v]")).to_have_value("2")
    page.locator("#pp-new-body").fill("Which?")
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .thread")).to_have_attribute("data-state", "exact")


@pytest.fixture
def lost(server: Server) -> tuple[str, str]:
    """A plan whose thread lost its words, and the thread."""
    two = (
        '<section class="pp-section" data-anchor="a"><h2>First</h2><p>{}</p></section>'
        '<section class="pp-section" data-anchor="b"><h2>Second</h2><p>The key is renewed.</p>'
        "<p>Another one.</p></section>"
    )
    first = two.format("Tokens rotate on every use.")
    slug = server.push(first, "title=Lost&visibility=published").json()["plan"]
    opened = {"anchor": "a", "quote": "rotate on every use", "body": "How often?"}
    thread = server.api("bob", "POST", f"/api/plans/{slug}/threads", json=opened).json()["id"]
    server.push(two.format("Nothing of the kind is said."), f"plan={slug}&base_version=1")
    return slug, thread


def test_a_thread_is_put_elsewhere(visit: Visit, lost: tuple[str, str]) -> None:
    slug, thread = lost
    page = visit("alice", at=f"/p/{slug}?thread={thread}")
    card = page.locator(f"#t{thread}")
    link = card.locator("[data-reattach]")
    for way, here, before in (
        ("mouse", "b", "a"),
        ("keyboard", "a", "b"),
        ("block", "b", "a"),
        ("section", "a", "b"),
    ):
        link.press("Enter") if way == "keyboard" else link.click()
        expect(page.locator("#pp-hint")).to_contain_text("Esc cancels")
        expect(page.locator("#announce")).to_contain_text("Select the new words")
        place(page, way)
        expect(card).to_have_attribute("data-section", here)
        expect(card).to_have_attribute("data-state", "exact")
        expect(page.locator(f"#s-{here} .pin[data-thread]")).to_have_text("1")
        expect(page.locator(f"#s-{before} .pin[data-thread]")).to_have_count(0)
        expect(page.locator("#announce")).to_have_text("Re-attached.")
        expect(page.locator("#pp-hint")).to_have_count(0)
        expect(link).to_be_focused()


def place(page: Any, way: str) -> None:
    """Name the new place of a thread, one way or another."""
    if way == "mouse":
        expect(select(page, "key is")).to_have_text("Put it here")
        page.locator("#pp-say-button").click()
    elif way == "keyboard":
        select(page, "Nothing of")
        page.keyboard.press("c")
    elif way == "block":
        page.locator("#s-b p").last.hover()
        page.locator("#pp-add").click()
    else:
        page.locator("#pp-plus-a").press("Enter")


def test_escape_leaves_the_thread_where_it_is(visit: Visit, lost: tuple[str, str]) -> None:
    slug, thread = lost
    page = visit("alice", at=f"/p/{slug}?thread={thread}")
    page.locator("[data-reattach]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#pp-hint")).to_have_count(0)
    expect(page.locator("[data-reattach]")).to_be_focused()
    select(page, "key is").click()
    expect(page.locator("#pp-composer [name=quote]")).to_have_value("key is")
    page.locator(f"#pp-not-here-{thread}").click()
    expect(page.locator(f"#pp-placing-{thread}")).to_contain_text("A person said")
    expect(page.locator("#announce")).to_have_text("Noted: it is not there.")


def test_without_script_a_form_names_section_and_words(visit: Visit, lost: tuple[str, str]) -> None:
    slug, thread = lost
    page = visit("alice", at=f"/p/{slug}?thread={thread}", java_script_enabled=False)
    page.locator("[data-reattach]").click()
    page.get_by_label("Section", exact=True).select_option("Second")
    page.get_by_label("Its words there").fill("key is")
    page.locator(f"#pp-placing-{thread}").get_by_role("button", name="Re-attach").click()
    expect(page.locator(f"#t{thread}")).to_have_attribute("data-state", "exact")
    expect(page.locator(f"#t{thread} a.quote")).to_have_text("key is")
