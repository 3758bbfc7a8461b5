"""The walk of a person with a browser: read, comment, answer, settle, compare versions, publish."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete

from planpush.accounts.sessions import BrowserSession
from planpush.database.session import commit, db
from tests.system.conftest import document
from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
BY_KEYBOARD_OR_NOT = pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])


def comment(page: Any, slug: str, words: str = "Why rotate?", section: str = "intro") -> Any:
    """Open a thread on a section as a person does; return its card."""
    page.goto(f"/p/{slug}")
    page.locator(f"#s-{section} > a.pin.add, #s-{section} a.pin.add").first.click()
    page.locator("#pp-new-body").fill(words)
    page.locator("#pp-new-send").click()
    card = page.locator(".thread", has_text=words)
    expect(card).to_be_visible()
    return card


def test_the_dashboard_filters_and_sorts_in_place(visit: Visit, plan: str) -> None:
    page = visit("alice")
    expect(page).to_have_url(re.compile("/dashboard$"))
    page.locator("#pp-q").press("End")
    page.locator("#pp-q").press_sequentially("sorts-in-pla")  # behind what is there: involves:me
    expect(page).to_have_url(re.compile(r"/dashboard\?q=involves%3Ame\+sorts-in-pla"))
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#announce")).to_have_text("1 of 1 plans")
    page.locator("#pp-q").fill("sorts-in-pla")
    expect(page).to_have_url(re.compile(r"/dashboard\?q=sorts-in-pla$"))
    page.locator("#pp-sort-title").click()
    expect(page).to_have_url(re.compile("sort=title"))
    expect(page.locator("th[aria-sort]")).to_have_text("Plan")
    page.locator("#pp-q").press("End")
    page.keyboard.type("in")
    expect(page).to_have_url(re.compile(r"\?q=sorts-in-pla\+in&sort=title$"))
    expect(page.locator("#pp-q")).to_be_focused()
    page.locator("#pp-view-2").click()
    expect(page.locator("#pp-q")).to_have_value("involves:me ")
    expect(page.locator("th[aria-sort]")).to_have_text("Updated")
    page.goto(f"/dashboard?q={plan}")
    page.locator("a.plan-name").click()
    expect(page).to_have_url(re.compile(f"/p/{plan}$"))
    expect(page.locator("#pp-doc h2").first).to_contain_text("Intro")


def test_a_filter_that_cannot_be_read_leaves_the_list(visit: Visit, plan: str) -> None:
    page = visit("alice", expect=("422",))
    rows = page.locator("#list tbody tr").count()
    page.locator("#pp-q").press_sequentially("is:nonsense")
    expect(page.locator("#pp-q-err")).not_to_be_empty()
    assert page.locator("#list tbody tr").count() == rows > 0


def test_the_composer_opens_with_focus(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-plus-intro").click()
    expect(page.locator("#pp-new-body")).to_be_focused()
    page.keyboard.type("Why rotate?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#threads .thread")).to_contain_text("Why rotate?")
    expect(page.locator("#pp-pin-intro-0")).to_have_text("1")
    expect(page.locator("#pp-pin-intro-0")).to_have_accessible_name(re.compile("1 open comment"))
    expect(page.locator("#pp-contents a[href='#s-intro'] .count")).to_contain_text("1")
    expect(page.locator("#pp-tab-open .count")).to_contain_text("1")
    expect(page.locator("#announce")).to_have_text("Comment added.")
    expect(page.locator("#composer")).to_be_empty()
    expect(page.locator("#threads summary")).to_be_focused()
    expect(page.locator("#s-intro .permalink")).to_have_count(1)


def test_a_block_offers_a_comment_under_the_pointer(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#s-intro li").first.hover()
    page.locator("#pp-add").click()
    page.locator("#pp-new-body").fill("Which rule is first?")
    page.locator("#pp-new-send").click()
    card = page.locator("#threads .thread")
    expect(card.locator("a.quote")).to_have_text("First rule")
    expect(page.locator("#s-intro li").first.locator("a.pin")).to_have_text("1")
    page.reload()
    expect(page.locator("#s-intro li").first.locator("a.pin")).to_have_text("1")


def test_the_whole_plan_takes_comments(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-whole").click()
    page.locator("#pp-new-body").fill("Good work")
    page.locator("#pp-new-send").click()
    expect(page.locator("#threads .grp")).to_have_text("The whole plan")


@BY_KEYBOARD_OR_NOT
def test_reply_edit_delete(visit: Visit, plan: str, script: bool) -> None:
    page = visit("bob", at="", java_script_enabled=script)
    card = comment(page, plan)
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
    expect(page).to_have_url(re.compile(f"/p/{plan}"))


@BY_KEYBOARD_OR_NOT
def test_resolve_and_reopen(visit: Visit, plan: str, script: bool) -> None:
    page = visit("bob", at="", java_script_enabled=script)
    comment(page, plan)
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".thread.done")).to_contain_text("Resolved by Bob")
    expect(page.locator("#pp-pin-intro-0")).to_have_class(re.compile("done"))
    expect(page.locator("#pp-tab-resolved .count")).to_contain_text("1")
    if script:
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
        expect(page.locator("#announce")).to_have_text("Thread resolved.")
    page.get_by_role("button", name="Undo" if script else "Reopen").click()
    expect(page.locator(".thread.done")).to_have_count(0)
    expect(page.locator("#pp-pin-intro-0")).not_to_have_class(re.compile("done"))
    expect(page.locator("#pp-tab-open .count")).to_contain_text("1")


@BY_KEYBOARD_OR_NOT
def test_a_double_click_makes_one(visit: Visit, server: Server, plan: str, script: bool) -> None:
    page = visit("bob", at=f"/p/{plan}", java_script_enabled=script)
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Only once")
    page.locator("#pp-new-send").dblclick()
    expect(page.locator(".thread", has_text="Only once")).to_have_count(1)
    page.reload()
    expect(page.locator(".thread", has_text="Only once")).to_have_count(1)
    assert [len(thread["comments"]) for thread in server.threads(plan)] == [1]


@BY_KEYBOARD_OR_NOT
def test_only_spaces_give_the_form_back(visit: Visit, plan: str, script: bool) -> None:
    page = visit("bob", at=f"/p/{plan}", java_script_enabled=script, expect=("422",))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("   ")
    page.locator("#pp-new-send").click()
    field = page.locator("#pp-new-body")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#pp-new-err")).not_to_be_empty()
    expect(field).to_have_accessible_description(page.locator("#pp-new-err").inner_text())
    expect(field).to_be_focused()
    field.fill("Words")
    page.locator("#pp-new-send").click()
    expect(page.locator(".thread", has_text="Words")).to_be_visible()


@BY_KEYBOARD_OR_NOT
def test_an_empty_reply_gives_the_form_back(visit: Visit, plan: str, script: bool) -> None:
    page = visit("bob", at="", java_script_enabled=script, expect=("422",))
    card = comment(page, plan)
    card.locator("summary", has_text="Reply").click()
    card.locator("textarea").fill("   ")
    card.get_by_role("button", name="Reply").last.click()
    expect(page.locator(".thread textarea")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".thread .err")).to_be_visible()
    expect(page.locator("#pp-doc")).to_be_visible()


@BY_KEYBOARD_OR_NOT
def test_publish_and_take_back(visit: Visit, server: Server, script: bool) -> None:
    slug = server.push(document("Tokens"), "title=Private one").json()["plan"]
    page = visit("alice", at=f"/p/{slug}", java_script_enabled=script)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#pp-bar")).to_contain_text("Published")
    expect(page.locator("#pp-doc")).to_be_visible()
    expect(page.locator(".banner.private")).to_have_count(0)
    page.get_by_role("button", name="Make private").click()
    expect(page.locator("#pp-bar .pill")).to_have_text("Private")
    expect(page.locator(".banner.private")).to_have_count(1)


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
    page.go_back()
    expect(page.locator("#pp-doc")).to_contain_text("Sessions rotate")
    expect(page).to_have_url(re.compile(f"/p/{plan}$"))
    page.go_forward()
    expect(page.locator("#pp-doc")).to_contain_text("Tokens rotate")


def test_going_forward_while_the_page_still_loads(visit: Visit, server: Server, plan: str) -> None:
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-versions").click()
    page.locator("#pp-bar .pop a", has_text="v1").click()
    expect(page.locator("#pp-doc")).to_contain_text("Tokens rotate")
    held: list[Any] = []
    page.route("**/js/app.js*", lambda route: held.append(route), times=1)
    page.evaluate("history.back()")
    expect(page.locator("#pp-doc")).to_contain_text("Sessions rotate")
    assert held, "the page had loaded already"
    page.evaluate("history.forward()")
    expect(page.locator("#pp-doc")).to_contain_text("Tokens rotate")


def test_a_comment_lives_through_a_push(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    comment(page, plan)
    comment(page, plan, "Which columns?", "data")
    pushed = server.push(document("Sessions"), f"plan={plan}&base_version=1")
    assert pushed.json()["threads"]["exact"] == 2
    page.reload()
    expect(page.locator("#pp-doc")).to_contain_text("Sessions rotate")
    expect(page.locator(".thread", has_text="Why rotate?")).to_have_attribute("data-state", "exact")
    expect(page.locator("#pp-pin-data-0")).to_have_text("1")
    expect(page.locator("#s-intro .pp-changed-mark")).to_have_text("Changed since v1")


def test_a_dead_session_leads_to_sign_in(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}", expect=("401",))
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Too late")
    with server.app.app_context():
        db.session.execute(delete(BrowserSession))
        commit()
    page.locator("#pp-new-send").click()
    page.wait_for_url(f"**/sign-in?next=%2Fp%2F{plan}*")
    assert server.threads(plan) == []


def test_signing_out_ends_the_session(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob")
    page.locator("summary[aria-label*=account]").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-out/done$"))
    page.goto(f"/p/{plan}")
    expect(page).to_have_url(re.compile("/sign-in"))
