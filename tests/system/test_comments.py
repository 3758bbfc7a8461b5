"""Comments in a browser: open, answer, edit, settle, name people; with script and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from planpush.accounts.sessions import BrowserSession
from planpush.database.session import commit, db
from tests.people import person
from tests.system.conftest import document
from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
WITH_SCRIPT_OR_NOT = pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])
PHONE = {"width": 390, "height": 780}
LONG = "".join(f"<p>Paragraph {number}</p>" for number in range(1, 81))


def browse(visit: Visit, name: str, script: bool, **options: Any) -> Any:
    """Open a page with script or without, which is another browser."""
    return visit(name, **options) if script else visit(name, java_script_enabled=False, **options)


def compose(page: Any, at: str, words: str) -> Any:
    """Open a thread as a person does; return its card."""
    page.locator(f"#pp-plus-{at}").click()
    page.locator("#pp-new-body").fill(words)
    page.locator("#pp-new-send").click()
    card = page.locator("#threads .thread", has_text=words)
    expect(card).to_be_visible()
    return card


def test_the_focus_follows_from_the_composer_to_the_undo(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-plus-intro").click()
    expect(page.locator("#pp-new-body")).to_be_focused()
    page.keyboard.type("Why rotate?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#threads .thread")).to_contain_text("Why rotate?")
    pin = page.locator("#pp-pin-intro-0")
    expect(pin).to_have_text("1")
    expect(pin).to_have_accessible_name(re.compile("1 open comment"))
    expect(page.locator("#pp-contents a[href='#s-intro'] .count")).to_contain_text("1")
    expect(page.locator("#pp-tab-open .count")).to_contain_text("1")
    expect(page.locator("#announce")).to_have_text("Comment added.")
    expect(page.locator("#composer")).to_be_empty()
    expect(page.locator("#threads summary")).to_be_focused()
    expect(page.locator("#s-intro .permalink")).to_have_count(1)
    page.get_by_role("button", name="Resolve").click()
    expect(pin).to_have_class(re.compile("done"))
    expect(page.locator(".count.mark:not(.bell *)")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("Thread resolved.")
    page.get_by_role("button", name="Undo").click()
    expect(pin).not_to_have_class(re.compile("done"))
    compose(page, "intro", "Second")
    expect(pin).to_have_text("2")
    page.locator("#threads .thread", has_text="Why rotate?").get_by_text("Resolve").click()
    expect(pin).to_have_text("1")
    expect(page.locator("#s-intro > :is(.pin, .permalink)")).to_have_count(3)


@WITH_SCRIPT_OR_NOT
def test_a_thread_is_answered_edited_and_settled(visit: Visit, plan: str, script: bool) -> None:
    page = browse(visit, "bob", script, at=f"/p/{plan}")
    card = compose(page, "intro", "Why rotate?")
    card.locator("summary", has_text="Reply").click()
    card.get_by_label("Reply", exact=True).last.fill("Because of theft")
    card.get_by_role("button", name="Reply").last.click()
    reply = page.locator(".cm", has_text="Because of theft")
    reply.get_by_label("Edit comment").click()
    page.get_by_label("Your comment").fill("Because of replay")
    page.get_by_role("button", name="Save").click()
    reply = page.locator(".cm", has_text="Because of replay")
    expect(reply).to_contain_text("edited")
    page.on("dialog", lambda dialog: dialog.accept())
    reply.get_by_label("Delete comment").click()
    expect(page.locator(".cm").last).to_contain_text("Comment deleted.")
    expect(page.get_by_text("Because of replay")).to_have_count(0)
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".thread.done")).to_contain_text("Resolved by Bob")
    expect(page.locator("#pp-tab-resolved .count")).to_contain_text("1")
    page.get_by_role("button", name="Undo" if script else "Reopen").click()
    expect(page.locator(".thread.done")).to_have_count(0)
    expect(page.locator("#pp-tab-open .count")).to_contain_text("1")
    expect(page).to_have_url(re.compile(f"/p/{plan}"))


@WITH_SCRIPT_OR_NOT
def test_what_is_missing_gives_the_form_back_and_a_double_click_makes_one(
    visit: Visit, server: Server, plan: str, script: bool
) -> None:
    page = browse(visit, "bob", script, at=f"/p/{plan}", expect=("422",))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("   ")
    page.locator("#pp-new-send").click()
    field = page.locator("#pp-new-body")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(page.locator("#pp-new-err").inner_text())
    expect(field).to_be_focused()
    field.fill("Only once")
    page.locator("#pp-new-send").dblclick()
    card = page.locator("#threads .thread", has_text="Only once")
    expect(card).to_have_count(1)
    card.locator("summary", has_text="Reply").click()
    card.locator("textarea").fill("   ")
    card.get_by_role("button", name="Reply").last.click()
    expect(page.locator(".thread textarea")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".thread .err")).to_be_visible()
    expect(page.locator("#pp-doc")).to_be_visible()
    assert [len(thread["comments"]) for thread in server.threads(plan)] == [1]


@WITH_SCRIPT_OR_NOT
def test_publish_and_take_back(visit: Visit, server: Server, script: bool) -> None:
    slug = server.push(document("Tokens"), "title=Private one").json()["plan"]
    page = browse(visit, "alice", script, at=f"/p/{slug}")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#pp-bar")).to_contain_text("Published")
    expect(page.locator(".banner.private")).to_have_count(0)
    page.get_by_role("button", name="Make private").click()
    expect(page.locator("#pp-bar .pill")).to_have_text("Private")
    expect(page.locator(".banner.private")).to_have_count(1)


def test_every_block_takes_comments_by_pointer_and_by_key(
    visit: Visit, server: Server, plan: str
) -> None:
    long = document("Tokens") + f'<section data-anchor="long"><h2>Long</h2>{LONG}</section>'
    server.push(long, f"plan={plan}&base_version=1")
    page = visit("bob", at=f"/p/{plan}")
    block, button = page.locator("#s-intro li").nth(1), page.locator("#pp-add")
    block.hover()
    expect(button).to_have_accessible_name("Comment on: Second rule")
    for words in ("First", "Second"):
        block.hover()
        button.click()
        page.locator("#pp-new-body").fill(words)
        page.locator("#pp-new-send").click()
        expect(page.locator("#threads .txt", has_text=words)).to_be_visible()
    expect(block.locator("a.pin")).to_have_text("2")
    expect(page.locator(".thread a.quote")).to_have_text(["Second rule"] * 2)
    page.locator("#s-intro h2").hover()
    expect(button).to_be_hidden()
    page.locator("#pp-whole").click()
    page.locator("#pp-new-body").fill("Good work")
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .grp").first).to_have_text("The whole plan")
    assert {thread["quote"] for thread in server.threads(plan)} == {"Second rule", ""}
    page.reload()
    expect(block.locator("a.pin")).to_have_text("2")
    paragraph = page.get_by_text("Paragraph 40", exact=True)
    paragraph.evaluate("p => p.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(600)
    page.keyboard.press("c")
    expect(page.get_by_label("On “Paragraph 40”")).to_be_focused()
    page.keyboard.type("cc /")
    expect(page.locator("#pp-new-body")).to_have_value("cc /")


def test_a_threads_address_shows_its_place(visit: Visit, server: Server, plan: str) -> None:
    long = document("Tokens") + f'<section data-anchor="long"><h2>Long</h2>{LONG}</section>'
    server.push(long, f"plan={plan}&base_version=1")
    place = {"anchor": "long", "quote": "Paragraph 60", "body": "Here"}
    thread = server.api("bob", "POST", f"/api/plans/{plan}/threads", json=place).json()["id"]
    page = visit("bob", at=f"/p/{plan}?thread={thread}#t{thread}")
    expect(page.locator("#pp-doc").get_by_text("Paragraph 60")).to_be_in_viewport()
    expect(page.locator(".thread.active")).to_be_in_viewport()


def composing(page: Any, slug: str) -> Any:
    page.goto(f"/p/{slug}?compose=pp-whole")
    field = page.locator("#pp-new-body")
    field.click()
    return field


def test_a_name_is_chosen_by_keyboard(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    field, people = composing(page, plan), page.locator("#pp-mentions")
    field.press_sequentially("Mail x@al, ask @")
    expect(people.get_by_role("option")).to_have_count(5)
    first = people.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "pp-mention-1")
    field.press_sequentially("a")
    expect(people.get_by_role("option")).to_have_text([re.compile("Alice"), re.compile("Ada")])
    expect(first).to_have_attribute("aria-selected", "true")  # before, the arrows have no list yet
    for key in ("ArrowDown", "ArrowUp", "ArrowUp"):
        field.press(key)
    expect(field).to_have_attribute("aria-activedescendant", "pp-mention-2")
    field.press("Enter")
    expect(field).to_have_value("Mail x@al, ask @Ada ")
    expect(people).to_be_hidden()
    field.press_sequentially("or @zzz or @pa")
    expect(people.get_by_role("option")).to_have_text([re.compile("Pam")])
    field.press("Escape")
    expect(people).to_be_hidden()
    expect(field).to_be_focused()
    field.press("Control+Enter")
    expect(page.locator("#threads .mention")).to_have_text(["@Ada"])
    assert server.threads(plan)[0]["comments"][0]["body"] == "Mail x@al, ask @Ada or @zzz or @pa"


def test_a_name_is_chosen_by_touch_on_a_phone(visit: Visit, plan: str) -> None:
    page = visit("bob", at="", viewport=PHONE, has_touch=True, is_mobile=True)
    field = composing(page, plan)
    field.press_sequentially("@bo")
    people = page.locator("#pp-mentions")
    expect(people.get_by_role("option")).to_have_count(1)
    box = people.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]
    people.get_by_role("option", name="Bob").tap()
    expect(field).to_have_value("@Bob ")
    expect(field).to_be_focused()
    page.locator("#pp-new-send").tap()
    expect(page.locator("#threads .mention.me")).to_have_text("@Bob")


def test_delete_undo_and_history_keep_the_focus(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    field = composing(page, plan)
    field.fill("How **often**?")
    field.press("Control+Enter")
    comment = page.locator("#threads .cm")
    expect(comment.locator("strong")).to_have_text("often")
    comment.get_by_label("Edit comment").click()
    comment.locator("textarea").fill("How **seldom**?")
    comment.get_by_role("button", name="Save").click()
    comment.get_by_role("link", name="edited").focus()
    page.keyboard.press("Enter")
    expect(comment.locator(".wordings del")).to_have_text("often")
    comment.get_by_label("Delete comment").focus()
    page.keyboard.press("Enter")
    expect(comment.get_by_role("button", name="Undo")).to_be_focused()
    assert server.threads(plan)[0]["comments"][0]["body"] == ""
    page.keyboard.press("Enter")
    expect(comment.locator("strong")).to_have_text("seldom")
    expect(comment.get_by_label("Delete comment")).to_be_focused()


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


def test_a_session_that_ended_leads_to_sign_in(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}", own=True, expect=("401", "404"))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Too late")
    end_session(server)
    page.locator("#pp-new-send").click()
    page.wait_for_url(f"**/sign-in?next=%2Fp%2F{plan}*")
    assert server.threads(plan) == []
    page.goto(server.link("bob"))
    page.goto("/p/no-such-plan")  # an error page keeps the account
    page.locator("summary[aria-label*=account]").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-out/done$"))
    page.goto(f"/p/{plan}")
    expect(page).to_have_url(re.compile("/sign-in"))


def end_session(server: Server) -> None:
    """End the newest session of bob's: the one of this page's own browser."""
    with server.app.app_context():
        of_bob = BrowserSession.user_id == person("bob").id
        newest = db.session.scalar(select(func.max(BrowserSession.id)).where(of_bob))
        db.session.execute(delete(BrowserSession).where(BrowserSession.id == newest))
        commit()


def test_an_older_version_is_swapped_in_and_back(visit: Visit, server: Server, plan: str) -> None:
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    page = visit("bob", at=f"/p/{plan}")
    page.evaluate("window.stayed = true")
    page.locator("#pp-versions").click()
    page.locator("#pp-bar .pop a", has_text="v1").click()
    expect(page.locator("#pp-doc")).to_contain_text("Tokens rotate")
    expect(page).to_have_url(re.compile(r"\?v=1$"))
    assert page.evaluate("window.stayed")
    expect(page.locator(".banner.old")).to_contain_text("You read v1")
    expect(page.locator("#announce")).to_have_text("Version 1 is shown.")
    held: list[Any] = []
    page.route("**/js/app.js*", lambda route: held.append(route), times=1)
    page.evaluate("history.back()")
    expect(page.locator("#pp-doc")).to_contain_text("Sessions rotate")
    expect(page).to_have_url(re.compile(f"/p/{plan}$"))
    assert held, "the page had loaded already"
    page.evaluate("history.forward()")
    expect(page.locator("#pp-doc")).to_contain_text("Tokens rotate")
