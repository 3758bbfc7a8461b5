"""The panel in a browser: by keyboard alone, by address, and while others change it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.serving import Server
from tests.system.test_pages_are_clean import dress, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
TREE = """
- complementary "Comments":
  - heading "Comments" [level=2]
  - combobox "Threads of"
  - link "Comment on the whole plan"
  - navigation "Filter comments":
    - link "All 4 threads"
    - link "Open 3 open threads"
    - link "Resolved 1 resolved thread"
    - link "Mentions 0 threads mention you"
  - region "Threads":
    - heading "Intro" [level=3]
    - article /Open thread by Bob on “Intro”, 7 comments/:
      - link "4 more replies"
      - button "Resolve"
"""


@pytest.fixture
def talk(server: Server, plan: str, visitor: Any) -> list[str]:
    """Bob's long thread on intro; alice's on its second rule; one resolved, one on the table."""
    bob, alice = visitor("bob"), visitor("alice")
    bob.post(f"/p/{plan}/threads", body="Why rotate?", anchor="intro")
    alice.post(f"/p/{plan}/threads", body="Which rule?", quote="Second rule")
    alice.post(f"/p/{plan}/threads", body="Settled long ago", quote="First rule")
    bob.post(f"/p/{plan}/threads", body="Which type?", anchor="data")
    ids = sorted((str(thread["id"]) for thread in server.threads(plan)), key=int)
    for number in range(6):
        bob.post(f"/p/{plan}/threads/{ids[0]}/comments", body=f"Reply {number}")
    alice.post(f"/p/{plan}/threads/{ids[2]}/resolution")
    return ids


def focused(page: Any, name: str) -> None:
    expect(page.locator(f"#{name}")).to_be_focused()


def test_by_keyboard_alone(visit: Visit, plan: str, talk: list[str]) -> None:
    page = visit("bob", at=f"/p/{plan}")
    said = page.locator("#announce")
    expect(page.locator("#comments")).to_match_aria_snapshot(TREE)
    page.keyboard.press("j")
    focused(page, f"t{talk[0]}")
    expect(said).to_have_text("1 of 3 open threads")
    page.keyboard.press("j")
    focused(page, f"t{talk[1]}")
    page.keyboard.press("r")
    page.keyboard.type("The first, j k e")
    page.keyboard.press("Control+Enter")
    expect(said).to_have_text("Reply added.")
    focused(page, f"pp-reply-{talk[1]}")
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(said).to_have_text("Thread resolved.")
    focused(page, f"pp-turn-{talk[0]}")
    expect(page.locator(f"#t{talk[0]}")).to_contain_text("Resolved by Bob")
    page.keyboard.press("Enter")
    expect(said).to_have_text("Thread reopened.")
    focused(page, f"pp-turn-{talk[0]}")
    page.locator(f"#pp-more-{talk[0]}").press("Enter")
    expect(page.locator(f"#t{talk[0]} .cm")).to_have_count(7)
    focused(page, f"pp-more-{talk[0]}")
    page.keyboard.press("Escape")
    focused(page, "pp-pin-intro-0")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    focused(page, "pp-pin-intro-0")


def test_tabs_and_filters_keep_the_focus_and_the_address(
    visit: Visit, plan: str, talk: list[str]
) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-tab-all").press("Enter")
    expect(page).to_have_url(re.compile(r"\?show=all$"))
    expect(page.locator("#announce")).to_have_text("4 threads")
    focused(page, "pp-tab-all")
    page.locator("#pp-by").focus()
    page.locator("#pp-by").select_option("Alice")
    expect(page).to_have_url(re.compile(r"\?show=all&by=\d+$"))
    expect(page.locator("#threads .thread")).to_have_count(2)
    focused(page, "pp-by")
    page.locator(f"#pp-turn-{talk[2]}").press("Enter")
    expect(page.locator("#pp-chip-by")).to_contain_text("Alice")
    expect(page.locator("#pp-tab-open .count")).to_contain_text("2")
    found = []
    for scheme, width in (("light", 1360), ("dark", 390)):
        dress(page, scheme, width)
        page.reload()
        found += violations(page)
    assert found == []
    dress(page, "light", 1360)
    page.locator("#pp-chip-by").press("Enter")  # what narrows the list goes with a press
    expect(page.locator("#pp-chip-by")).to_have_count(0)
    expect(page.locator("#pp-by")).to_have_value("")
    expect(page).to_have_url(re.compile(r"\?show=all$"))
    page.locator("#pp-only-data").press("Enter")
    expect(page.locator("#pp-chip-anchor")).to_contain_text("Data model")
    expect(page.locator("#threads .thread")).to_have_count(1)
    focused(page, "pp-tab-all")


def test_pins_and_addresses_open_what_is_in_another_tab(
    visit: Visit, server: Server, plan: str, talk: list[str]
) -> None:
    page = visit("bob", at=f"/p/{plan}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#s-intro li").first.locator(".pin.done").click()
    focused(page, f"t{talk[2]}")
    expect(page.locator("#pp-tab-resolved")).to_have_attribute("aria-current", "true")
    expect(page.locator(f"#t{talk[2]}")).to_contain_text("Settled long ago")
    comments = {str(one["id"]): one["comments"] for one in server.threads(plan)}
    reply = comments[talk[0]][3]["id"]
    page.goto(f"/p/{plan}?show=resolved#comment-{reply}")
    focused(page, f"t{talk[0]}")
    expect(page.locator(f"#comment-{reply}")).to_be_in_viewport()
    expect(page.locator("#pp-tab-open")).to_have_attribute("aria-current", "true")
    page.locator(f"#pp-link-{talk[0]}").click()
    expect(page.locator("#announce")).to_have_text("Link copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{server.base}/p/{plan}?thread={talk[0]}#t{talk[0]}"
    page.goto(f"/p/{plan}?thread=99999")
    expect(page.locator("#pp-missing")).to_contain_text("There is no such thread")


def test_what_others_do_is_brought_without_losing_a_thing(
    visit: Visit, plan: str, talk: list[str], visitor: Any
) -> None:
    page = visit("bob", at=f"/p/{plan}?show=open")
    page.locator(f"#pp-more-{talk[0]}").click()
    page.locator(f"#pp-reply-{talk[1]}").click()
    field = page.locator(f"#pp-body-{talk[1]}")
    field.fill("Half a thought")
    field.evaluate("field => field.setSelectionRange(2, 4)")
    page.locator("#threads").evaluate("list => list.scrollTop = 40")
    alice = visitor("alice")
    alice.post(f"/p/{plan}/threads", body="And this?", quote="rotate")
    alice.post(f"/p/{plan}/threads/{talk[3]}/resolution")
    expect(page.locator("#s-intro p .pin")).to_have_text("1")
    expect(page.locator("#pp-pin-data-0")).to_have_class(re.compile("done"))
    expect(page.locator(".thread", has_text="And this?")).to_be_visible()
    expect(page.locator(f"#t{talk[3]}")).to_have_count(0)
    expect(page.locator(f"#t{talk[0]} .cm")).to_have_count(7)
    focused(page, f"pp-body-{talk[1]}")
    expect(field).to_have_value("Half a thought")
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 4]
    assert page.locator("#threads").evaluate("list => list.scrollTop") == 40


def test_who_turned_keys_off_is_left_alone(visit: Visit, plan: str, talk: list[str]) -> None:
    page = visit("pam", at="/settings/profile")
    page.get_by_label("Keyboard shortcuts").uncheck()
    page.locator("#pp-prefer-save").click()
    expect(page.locator("#announce")).to_have_text("Saved.")
    page.goto(f"/p/{plan}")
    for key in "jcre/?":
        page.keyboard.press(key)
    expect(page.locator("body")).to_be_focused()
    expect(page.locator("#composer")).to_be_empty()
    page.locator(f"#pp-reply-{talk[1]}").click()
    page.locator(f"#pp-body-{talk[1]}").fill("Sent by keys all the same")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#announce")).to_have_text("Reply added.")
