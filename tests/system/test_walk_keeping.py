"""The walk goes on: more threads at one place, words that are kept, errors, the way to a place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server
from tests.system.test_walk import comment

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def test_a_section_takes_a_second_thread(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    comment(page, plan, "First")
    page.locator("#s-intro").hover()
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Second")
    page.locator("#pp-new-send").click()
    expect(page.locator("#pp-pin-intro-0")).to_have_text("2")
    expect(page.locator("#s-intro > :is(.pin, .permalink)")).to_have_count(3)
    page.locator("#threads .thread", has_text="First").get_by_text("Resolve").click()
    expect(page.locator("#pp-pin-intro-0")).to_have_text("1")
    expect(page.locator("#s-intro > :is(.pin, .permalink)")).to_have_count(3)
    expect(page.locator("#pp-plus-intro")).to_have_count(1)


def test_a_block_takes_a_second_thread(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    block = page.locator("#s-intro li").nth(1)
    for words in ("First", "Second"):
        block.hover()
        page.locator("#pp-add").click()
        page.locator("#pp-new-body").fill(words)
        page.locator("#pp-new-send").click()
        expect(page.locator("#threads .txt", has_text=words)).to_be_visible()
    expect(block.locator("a.pin")).to_have_text("2")
    expect(page.locator(".thread a.quote")).to_have_text(["Second rule"] * 2)
    assert [thread["quote"] for thread in server.threads(plan)] == ["Second rule"] * 2


def test_the_button_offers_the_block_under_the_pointer(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#s-intro li").first.hover()
    expect(page.locator("#pp-add")).to_have_accessible_name("Comment on: First rule")
    page.locator("#s-intro h2").hover()
    expect(page.locator("#pp-add")).to_be_hidden()


def test_c_comments_on_the_block_in_view(visit: Visit, server: Server, plan: str) -> None:
    text = "".join(f"<p>Paragraph {number}</p>" for number in range(1, 81))
    server.push(
        f'<section data-anchor="long"><h2>Long</h2>{text}</section>', f"plan={plan}&base_version=1"
    )
    page = visit("bob", at=f"/p/{plan}")
    page.get_by_text("Paragraph 40", exact=True).evaluate(
        "p => p.scrollIntoView({block: 'center'})"
    )
    page.wait_for_timeout(600)
    page.keyboard.press("c")
    expect(page.get_by_label("On “Paragraph 40”")).to_be_focused()
    page.keyboard.type("cc /")
    expect(page.locator("#pp-new-body")).to_have_value("cc /")


def test_what_is_typed_outlives_a_tab(visit: Visit, plan: str) -> None:
    page = visit("bob", at="")
    card = comment(page, plan)
    card.locator("summary", has_text="Reply").click()
    card.locator("textarea").fill("A reply so far")
    page.locator("#pp-plus-data").click()
    page.locator("#pp-new-body").fill("A comment so far")
    for tab in ("resolved", "open"):
        page.locator(f"#pp-tab-{tab}").click()
        expect(page.locator(f"#pp-tab-{tab}")).to_have_attribute("aria-current", "true")
    expect(page.locator("#pp-new-body")).to_have_value("A comment so far")
    expect(card.locator("textarea")).to_be_visible()
    expect(card.locator("textarea")).to_have_value("A reply so far")
    page.locator("#pp-plus-intro").click()
    expect(page.get_by_label("On “Intro”", exact=True)).to_have_value("A comment so far")
    page.locator("#pp-new-cancel").click()
    expect(page.locator("#composer")).to_be_empty()
    expect(page.locator("#threads")).to_be_focused()
    page.locator("#pp-plus-intro").click()
    expect(page.locator("#pp-new-body")).to_have_value("")


def test_a_card_keeps_its_neighbours_words(visit: Visit, plan: str) -> None:
    page = visit("bob", at="")
    cards = [comment(page, plan, "First"), comment(page, plan, "Second", "data")]
    for card in cards:
        card.locator("summary", has_text="Reply").click()
        card.locator("textarea").fill("So far")
        expect(card.locator(".saved")).to_have_text("Draft saved", timeout=60_000)
    cards[0].get_by_role("button", name="Resolve").click()
    expect(cards[0]).to_have_class(re.compile("done"))
    for card in cards:
        expect(card.locator("textarea")).to_be_visible()
        expect(card.locator("textarea")).to_have_value("So far")
    cards[1].locator("textarea").press("Control+Enter")
    expect(cards[1].locator(".cm")).to_have_count(2)
    expect(cards[1].locator("textarea")).to_be_hidden()
    expect(cards[1].locator("textarea")).to_have_value("")
    expect(cards[1].locator("summary")).to_be_focused()
    expect(cards[0].locator("textarea")).to_have_value("So far")


def test_an_error_floats_and_goes(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}", expect=("500", "503", "Service"))
    before = page.locator("#pp-bar").bounding_box()
    page.route("**/threads?**", lambda route: route.fulfill(status=503, body="busy"))
    page.locator("#pp-tab-all").click()
    expect(page.locator("#banner")).to_contain_text("That did not work")
    assert page.locator("#pp-bar").bounding_box() == before
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#banner")).to_be_hidden()
    page.locator("#pp-tab-all").click()
    expect(page.locator("#banner")).to_be_visible()
    page.unroute("**/threads?**")
    page.locator("#pp-tab-all").click()
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#pp-tab-all")).to_have_attribute("aria-current", "true")


def test_a_threads_address_shows_its_place(
    visit: Visit, visitor: Any, server: Server, plan: str
) -> None:
    text = "".join(f"<p>Paragraph {number}</p>" for number in range(1, 81))
    long = document("Tokens") + f'<section data-anchor="long"><h2>Long</h2>{text}</section>'
    server.push(long, f"plan={plan}&base_version=1")
    visitor("bob").post(f"/p/{plan}/threads", body="Here", quote="Paragraph 60")
    thread = server.threads(plan)[0]["id"]
    page = visit("bob", at=f"/p/{plan}?thread={thread}#t{thread}")
    expect(page.locator("#pp-doc").get_by_text("Paragraph 60")).to_be_in_viewport()
    expect(page.locator(".thread.active")).to_be_in_viewport()


def test_no_open_thread_wears_no_mark(visit: Visit, plan: str) -> None:
    page = visit("bob", at="", viewport={"width": 1000, "height": 800})
    comment(page, plan)
    expect(page.locator(".count.mark:not(.bell *):visible")).to_have_count(1)
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".count.mark:not(.bell *)")).to_have_count(0)
    page.locator("#pp-versions").click()
    expect(page.locator("#pp-bar .pop .who").first).to_contain_text("Pushed by Alice")


def test_an_error_page_keeps_the_account(visit: Visit) -> None:
    page = visit("bob", at="/p/no-such-plan", expect=("404",))
    page.locator("summary[aria-label*=account]").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
