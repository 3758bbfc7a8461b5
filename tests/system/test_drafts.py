"""What somebody typed outlives a crash, a dead server, and everybody else's comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import document, visits
from tests.system.serving import Server
from tests.system.test_comments import compose, end_session

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
# What the page does when the stream says that somebody else changed threads.
LIVE = """(slug) => htmx.ajax("GET", `/p/${slug}/threads?v=1&show=open`,
    {target: "#threads", swap: "innerMorph", source: document.getElementById("comments")})"""
CARET = "field => [field.selectionStart, field.selectionEnd]"


def saved(page: Any, field: str) -> None:
    box = page.locator(".box", has=page.locator(field))
    expect(box.locator(".saved")).to_have_text("Draft saved", timeout=60_000)


def ids(page: Any) -> tuple[int, int]:
    """The thread that was opened, and its first comment."""
    thread = int(page.locator("#threads .thread").first.get_attribute("id")[1:])
    return thread, int(page.locator("#threads .cm").first.get_attribute("id").split("-")[1])


def test_words_are_there_in_another_browser(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    compose(page, "intro", "Why rotate?")
    thread, number = ids(page)
    reply, edit, new = f"#pp-body-{thread}", f"#pp-edit-{number}", "#pp-new-body"
    page.locator(f"#pp-reply-{thread}").click()
    page.locator(reply).fill("A reply so far")
    saved(page, reply)
    page.locator(f"#comment-{number}").hover()
    page.locator(f"#pp-e-{number}").click()
    page.locator(edit).fill("An edit so far")
    saved(page, edit)
    page.locator("#pp-plus-intro").click()
    page.locator(new).fill("A comment so far")
    saved(page, new)
    page.locator("#pp-plus-data").click()  # the words move with the composer
    expect(page.locator("#composer label").first).to_contain_text("Data model")
    with page.expect_response("**/drafts", timeout=60_000):
        # In this order, so that one saving has both: leaving the field saves what is in it.
        page.locator("#pp-new-blocking").check()
        page.locator(new).fill("A comment so far")
    saved(page, new)
    for tab in ("resolved", "open"):
        page.locator(f"#pp-tab-{tab}").click()
        expect(page.locator(f"#pp-tab-{tab}")).to_have_attribute("aria-current", "true")
    expect(page.locator(new)).to_have_value("A comment so far")
    expect(page.locator(reply)).to_have_value("A reply so far")
    page = visit("bob", at=f"/p/{plan}", own=True)
    expect(page.locator(reply)).to_have_value("A reply so far")
    expect(page.locator(reply)).to_be_visible()
    expect(page.locator(edit)).to_have_value("An edit so far")
    expect(page.locator(new)).to_have_value("A comment so far")
    expect(page.locator("#composer label").first).to_contain_text("Data model")
    expect(page.locator("#pp-new-blocking")).to_be_checked()
    expect(page.locator("body")).to_be_focused()
    expect(page.locator(".saved", has_text="Restored draft")).to_have_count(3)
    page.locator(f"#pp-save-{number}").click()
    expect(page.locator(f"#comment-{number} .txt")).to_have_text("An edit so far")
    page.locator(f"#pp-no-{thread}").click()
    expect(page.locator(reply)).to_be_hidden()
    page.locator("#pp-new-cancel").click()
    expect(page.locator("#composer")).to_be_empty()
    expect(page.locator("#threads")).to_be_focused()
    page.reload()
    expect(page.locator(".saved", has_text="Restored draft")).to_have_count(0)
    expect(page.locator(new)).to_have_count(0)


def test_a_save_that_comes_late_brings_nothing_back(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    held: list[Any] = []
    page.route("**/drafts", lambda route: held.append(route))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").press_sequentially("Once")
    page.wait_for_event("request", lambda sent: sent.url.endswith("/drafts"), timeout=60_000)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#threads .thread")).to_contain_text("Once")
    with page.expect_response("**/drafts", timeout=60_000):
        held[0].continue_()
    page.unroute("**/drafts")
    page.reload()
    expect(page.locator("#threads .thread")).to_have_count(1)
    expect(page.locator("#pp-new-body")).to_have_count(0)


def test_what_is_typed_stays_while_others_post_and_resolve(
    visit: Visit, visitor: Any, plan: str
) -> None:
    page, alice = visit("bob", at=f"/p/{plan}"), visitor("alice")
    compose(page, "intro", "Why rotate?")
    thread, number = ids(page)
    page.locator(f"#pp-reply-{thread}").click()
    field = page.locator(f"#pp-body-{thread}")
    field.press_sequentially("Half a thought")
    # a word that an input method makes is not torn
    keyboard = page.context.new_cdp_session(page)
    half = {"text": "にほ", "selectionStart": 2, "selectionEnd": 2}
    keyboard.send("Input.imeSetComposition", half)
    page.evaluate(LIVE, plan)
    keyboard.send("Input.imeSetComposition", half | {"text": "日本"})
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(field).to_have_value("Half a thought日本")
    field.evaluate("(field) => field.setSelectionRange(2, 6)")
    alice.post(f"/p/{plan}/threads/{thread}/comments", body="Hers")
    alice.post(f"/p/{plan}/threads", body="Another", anchor="intro")
    for _ in range(2):
        page.evaluate(LIVE, plan)
        expect(page.locator(f"#t{thread} .cm")).to_have_count(2)
        expect(page.locator("#threads .txt", has_text="Another")).to_have_count(1)
        expect(field).to_be_focused()
        assert field.evaluate(CARET) == [2, 6]
    saved(page, f"#pp-body-{thread}")
    alice.post(f"/p/{plan}/threads/{thread}/resolution")
    page.evaluate(LIVE, plan)
    expect(field).to_be_focused()
    expect(field).to_have_value("Half a thought日本")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#t{thread} .txt", has_text="Half a thought日本")).to_be_visible()
    alice.post(f"/p/{plan}/threads/{thread}/resolution?_method=DELETE")
    page.locator(f"#comment-{number}").hover()
    page.locator(f"#pp-e-{number}").click()
    edit = page.locator(f"#pp-edit-{number}")
    expect(edit).to_be_focused()
    edit.press("End")
    page.evaluate(LIVE, plan)  # nothing was typed yet
    expect(edit).to_be_focused()
    page.keyboard.type(" And more")
    alice.post(f"/p/{plan}/threads/{thread}/comments", body="Hers too")
    page.evaluate(LIVE, plan)
    expect(page.locator(f"#t{thread} .txt", has_text="Hers too")).to_be_visible()
    expect(edit).to_have_value("Why rotate? And more")
    page.keyboard.type("!")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#comment-{number} .txt")).to_have_text("Why rotate? And more!")


def test_a_card_keeps_its_neighbours_words_and_two_tabs_do_not_fight(
    visit: Visit, plan: str
) -> None:
    page = visit("bob", at=f"/p/{plan}")
    cards = [compose(page, "intro", "First"), compose(page, "data", "Second")]
    for card in cards:
        card.locator("summary", has_text="Reply").click()
        card.locator("textarea").fill("So far")
        expect(card.locator(".saved")).to_have_text("Draft saved", timeout=60_000)
    thread = cards[1].get_attribute("id")[1:]
    other = visit("bob", at=f"/p/{plan}")
    expect(other.locator(f"#pp-body-{thread}")).to_have_value("So far")
    other.locator(f"#pp-body-{thread}").fill("Later")
    saved(other, f"#pp-body-{thread}")
    cards[0].get_by_role("button", name="Resolve").click()
    expect(cards[0]).to_have_class(re.compile("done"))
    for card in cards:
        expect(card.locator("textarea")).to_be_visible()
        expect(card.locator("textarea")).to_have_value("So far")
    third = visit("bob", at=f"/p/{plan}")
    expect(third.locator(f"#pp-body-{thread}")).to_have_value("Later")
    other.locator(f"#pp-send-{thread}").click()
    expect(other.locator(f"#t{thread} .cm")).to_have_count(2)
    third.locator(f"#pp-send-{thread}").click()  # the same words from the same draft
    expect(third.locator(f"#t{thread} .cm")).to_have_count(2)


def test_an_ended_session_costs_no_words(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}", own=True, expect=("401", "403"))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Before")
    saved(page, "#pp-new-body")
    end_session(server)
    page.locator("#pp-new-body").fill("Before and after")
    status = page.locator("#composer .saved")
    expect(status).to_have_text("Not saved: sign in in another tab", timeout=60_000)
    page.context.new_page().goto(server.link("bob"))
    page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    expect(status).to_have_text("Draft saved", timeout=60_000)
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .thread")).to_contain_text("Before and after")


def test_a_dead_server_costs_no_words(tmp_path: Path, chromium: Any, request: Any) -> None:
    server = Server(tmp_path, workers=1, WORKER="off").start()
    request.addfinalizer(server.close)
    server.push(document("Tokens"), "slug=kept&title=Kept&visibility=published")
    opening = visits(server, chromium)
    page = next(opening)("bob", at="/p/kept", own=True, expect=("ERR_", "error"))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Before")
    saved(page, "#pp-new-body")
    server.kill()
    page.locator("#pp-new-body").fill("Before and after")
    status = page.locator("#composer .saved")
    expect(status).to_have_text("Not saved yet: trying again", timeout=60_000)
    server.start()
    expect(status).to_have_text("Draft saved", timeout=60_000)
    page.goto("/p/kept")
    expect(page.locator("#pp-new-body")).to_have_value("Before and after")
    page.context.close()
