"""What somebody typed outlives a crash, a dead server, and everybody else's comments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from planpush.accounts.sessions import BrowserSession
from planpush.database.session import commit, db
from tests.system.conftest import document
from tests.system.serving import Server
from tests.system.test_walk import comment

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
# What the page does when the stream says that somebody else changed threads.
LIVE = """(slug) => htmx.ajax("GET", `/p/${slug}/threads?v=1&show=open`,
    {target: "#threads", swap: "innerMorph", source: document.getElementById("comments")})"""
CARET = "() => [document.activeElement.selectionStart, document.activeElement.selectionEnd]"


def saved(page: Any, field: str) -> None:
    box = page.locator(".box", has=page.locator(field))
    expect(box.locator(".saved")).to_have_text("Draft saved", timeout=60_000)


def begin(page: Any, thread: int, number: int) -> None:
    """Type in a reply, in an edit and in the composer."""
    page.locator(f"#pp-reply-{thread}").click()
    page.locator(f"#pp-body-{thread}").fill("A reply so far")
    saved(page, f"#pp-body-{thread}")
    page.locator(f"#comment-{number}").hover()
    page.locator(f"#pp-e-{number}").click()
    page.locator(f"#pp-edit-{number}").fill("An edit so far")
    saved(page, f"#pp-edit-{number}")
    page.locator("#pp-plus-data").click()
    # In this order, so that one saving has both: leaving the field saves what is in it at once.
    page.locator("#pp-new-blocking").check()
    page.locator("#pp-new-body").fill("A comment so far")
    saved(page, "#pp-new-body")


def ids(page: Any) -> tuple[int, int]:
    """The thread that was opened, and its first comment."""
    thread = int(page.locator("#threads .thread").first.get_attribute("id")[1:])
    return thread, int(page.locator("#threads .cm").first.get_attribute("id").split("-")[1])


def test_it_is_there_in_another_browser(visit: Visit, plan: str) -> None:
    page = visit("bob", at="")
    comment(page, plan)
    thread, number = ids(page)
    begin(page, thread, number)
    page.context.close()
    page = visit("bob", at=f"/p/{plan}")
    expect(page.locator(f"#pp-body-{thread}")).to_have_value("A reply so far")
    expect(page.locator(f"#pp-body-{thread}")).to_be_visible()
    expect(page.locator(f"#pp-edit-{number}")).to_have_value("An edit so far")
    expect(page.locator("#pp-new-body")).to_have_value("A comment so far")
    expect(page.locator("#pp-new-blocking")).to_be_checked()
    expect(page.locator("body")).to_be_focused()
    expect(page.locator(".saved", has_text="Restored draft")).to_have_count(3)
    page.locator(f"#pp-save-{number}").click()
    expect(page.locator(f"#comment-{number} .txt")).to_have_text("An edit so far")
    page.locator(f"#pp-no-{thread}").click()
    expect(page.locator(f"#pp-body-{thread}")).to_be_hidden()
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .thread")).to_have_count(2)
    page.reload()
    expect(page.locator(".saved", has_text="Restored draft")).to_have_count(0)


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


def typing(page: Any, plan: str) -> tuple[int, Any]:
    """Be in the middle of a reply; return the thread and the field."""
    comment(page, plan)
    thread, _ = ids(page)
    page.locator(f"#pp-reply-{thread}").click()
    field = page.locator(f"#pp-body-{thread}")
    field.press_sequentially("Half a thought")
    field.evaluate("(field) => field.setSelectionRange(2, 6)")
    return thread, field


def unmoved(page: Any, field: Any, words: str = "Half a thought") -> None:
    expect(page.locator("#threads .txt", has_text="Another")).to_have_count(1)
    expect(field).to_be_focused()
    assert page.evaluate(CARET) == [2, 6]
    expect(field).to_have_value(words)


def test_others_post_and_resolve_while_somebody_types(
    visit: Visit, visitor: Any, plan: str
) -> None:
    page = visit("bob", at="")
    thread, field = typing(page, plan)
    alice = visitor("alice")
    alice.post(f"/p/{plan}/threads/{thread}/comments", body="Hers")
    alice.post(f"/p/{plan}/threads", body="Another", anchor="intro")
    for _ in range(2):
        page.evaluate(LIVE, plan)
        expect(page.locator(f"#t{thread} .cm")).to_have_count(2)
        unmoved(page, field)
    saved(page, f"#pp-body-{thread}")
    alice.post(f"/p/{plan}/threads/{thread}/resolution")
    page.evaluate(LIVE, plan)
    unmoved(page, field)
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#t{thread} .txt", has_text="Half a thought")).to_be_visible()


def test_a_word_that_an_input_method_makes_is_not_torn(visit: Visit, plan: str) -> None:
    page = visit("bob", at="")
    _, field = typing(page, plan)
    field.press("End")
    keyboard = page.context.new_cdp_session(page)
    half = {"text": "にほ", "selectionStart": 2, "selectionEnd": 2}
    keyboard.send("Input.imeSetComposition", half)
    page.evaluate(LIVE, plan)
    keyboard.send("Input.imeSetComposition", half | {"text": "日本"})
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(field).to_have_value("Half a thought日本")


def test_an_edit_and_an_untouched_field_stay_in_a_live_page(
    visit: Visit, visitor: Any, plan: str
) -> None:
    page = visit("bob", at="")
    comment(page, plan)
    thread, number = ids(page)
    page.locator(f"#comment-{number}").hover()
    page.locator(f"#pp-e-{number}").click()
    field = page.locator(f"#pp-edit-{number}")
    expect(field).to_be_focused()
    field.press("End")
    page.evaluate(LIVE, plan)  # nothing was typed yet
    expect(field).to_be_focused()
    page.keyboard.type(" And more")
    visitor("alice").post(f"/p/{plan}/threads/{thread}/comments", body="Hers")
    page.evaluate(LIVE, plan)
    expect(page.locator(f"#t{thread} .txt", has_text="Hers")).to_be_visible()
    expect(field).to_have_value("Why rotate? And more")
    expect(field).to_be_focused()
    page.keyboard.type("!")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#comment-{number} .txt")).to_have_text("Why rotate? And more!")


def test_two_tabs_do_not_fight(visit: Visit, plan: str) -> None:
    page = visit("bob", at="")
    comment(page, plan)
    thread, _ = ids(page)
    other = visit("bob", at=f"/p/{plan}")
    for tab, words in ((page, "Mine"), (other, "Later")):
        tab.locator(f"#pp-reply-{thread}").click()
        tab.locator(f"#pp-body-{thread}").fill(words)
        saved(tab, f"#pp-body-{thread}")
    page.evaluate(LIVE, plan)
    expect(page.locator(f"#pp-body-{thread}")).to_have_value("Mine")
    page.locator("#pp-tab-resolved").click()
    page.locator("#pp-tab-open").click()
    expect(page.locator(f"#pp-body-{thread}")).to_have_value("Mine")
    third = visit("bob", at=f"/p/{plan}")
    expect(third.locator(f"#pp-body-{thread}")).to_have_value("Later")
    other.locator(f"#pp-send-{thread}").click()
    expect(other.locator(f"#t{thread} .cm")).to_have_count(2)
    third.locator(f"#pp-send-{thread}").click()  # the same words from the same draft
    expect(third.locator(f"#t{thread} .cm")).to_have_count(2)


def test_words_move_with_the_composer(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Wrong place")
    saved(page, "#pp-new-body")
    page.locator("#pp-plus-data").click()
    expect(page.locator("#composer label").first).to_contain_text("Data model")
    expect(page.locator("#pp-new-body")).to_have_value("Wrong place")
    saved(page, "#pp-new-body")
    page.reload()
    expect(page.locator("#composer label").first).to_contain_text("Data model")
    page.locator("#pp-new-cancel").click()
    expect(page.locator("#composer")).to_be_empty()
    page.reload()
    expect(page.locator("#pp-new-body")).to_have_count(0)


def test_a_dead_session_costs_no_words(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}", expect=("401", "403"))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Before")
    saved(page, "#pp-new-body")
    with server.app.app_context():
        db.session.execute(delete(BrowserSession))
        commit()
    page.locator("#pp-new-body").fill("Before and after")
    status = page.locator("#composer .saved")
    expect(status).to_have_text("Not saved: sign in in another tab", timeout=60_000)
    page.context.new_page().goto(server.link("bob"))
    page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    expect(status).to_have_text("Draft saved", timeout=60_000)
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .thread")).to_contain_text("Before and after")


def test_a_dead_server_costs_no_words(tmp_path: Path, chromium: Any, request: Any) -> None:
    server = Server(tmp_path, workers=1).start()
    request.addfinalizer(server.close)
    server.push(document("Tokens"), "slug=kept&title=Kept&visibility=published")
    page = chromium.new_page()
    request.addfinalizer(page.close)
    page.goto(server.link("bob"))
    page.goto(f"{server.base}/p/kept")
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Before")
    saved(page, "#pp-new-body")
    server.kill()
    page.locator("#pp-new-body").fill("Before and after")
    status = page.locator("#composer .saved")
    expect(status).to_have_text("Not saved yet: trying again", timeout=60_000)
    server.start()
    expect(status).to_have_text("Draft saved", timeout=60_000)
    page.goto(f"{server.base}/p/kept")
    expect(page.locator("#pp-new-body")).to_have_value("Before and after")
