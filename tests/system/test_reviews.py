"""A review from end to end: asked for, decided, seen live, in the browser of each."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server
from tests.system.test_live import expect, opened
from tests.system.test_pages_are_clean import DRESSES, NEEDS_AXE, dress, violations

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
NOTE = "Say how long tokens live."


def ask(page: Any, name: str, plan: str) -> None:
    page.locator("#pp-reviews").click()
    page.locator("#pp-ask-more").click()
    page.locator("#pp-whom").fill(f"{name}@example.com")
    page.locator("#pp-ask").click()
    expect(page.locator(".seat", has_text="has not decided yet")).to_have_count(1)
    expect(page.locator("#pp-whom")).to_have_value("")
    with page.expect_response(re.compile("/events")):
        page.locator("#pp-back").click()
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")


def test_bob_is_asked_and_approves_and_alice_sees_it(visit: Visit, plan: str) -> None:
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    ask(alice, "bob", plan)
    expect(alice.locator("#pp-reviews")).to_contain_text("In review")
    expect(bob.locator("#pp-reviews")).to_contain_text("Your turn")
    bob.locator("#pp-approve").click()
    expect(bob.locator("#pp-approve")).to_have_count(0)
    expect(bob.locator("#pp-reviews")).to_be_focused()
    expect(bob.locator("#pp-reviews")).not_to_contain_text("Your turn")
    expect(alice.locator("#pp-reviews")).to_contain_text("Approved")
    expect(alice.locator("#pp-reviews")).to_contain_text("Your turn")
    alice.locator("#pp-reviews").click()
    alice.locator("#pp-done").click()
    expect(alice.locator("#pp-reviews")).not_to_contain_text("Your turn")
    for page in (alice, bob):
        assert page.evaluate("document.getElementById('main').dataset.seen") == "not reloaded"


def test_done_in_the_list_takes_the_plan_out_and_keeps_the_place(
    visit: Visit, visitor: Any, plan: str
) -> None:
    visitor("alice").post(f"/p/{plan}/reviewers", email="bob@example.com")
    bob = visit("bob", at="/dashboard?q=turn:me")
    row, waiting = bob.locator("#list tr", has_text=plan), bob.locator("#pp-waiting")
    before = waiting.text_content()
    row.locator(".done button").press("Enter")
    expect(row).to_have_count(0)
    expect(bob.locator("#announce")).to_contain_text("Done with")
    expect(waiting).not_to_have_text(before)
    expect(bob.locator(".done button:focus, .views a:focus")).to_have_count(1)
    bob.reload()
    expect(row).to_have_count(0)


def test_a_note_is_kept_while_others_talk_and_a_push_asks_again(
    visit: Visit, plan: str, server: Server
) -> None:
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    bob.locator("#pp-reviews").click()
    bob.locator("#pp-object").click()
    bob.locator("#pp-object-note").type(NOTE)
    alice.locator("#pp-plus-intro").click()
    alice.locator("#pp-new-body").fill("Anybody?")
    alice.locator("#pp-new-send").click()
    expect(bob.locator(".thread", has_text="Anybody?")).to_have_count(1)
    expect(bob.locator("#pp-object-note")).to_have_value(NOTE)
    bob.locator("#pp-object-send").click()
    expect(bob.locator("#pp-object-dialog")).to_have_count(0)
    expect(alice.locator("#pp-reviews")).to_contain_text("Changes requested")
    alice.locator("#pp-reviews").click()
    expect(alice.locator(".review .seat")).to_contain_text(NOTE)
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    expect(bob.locator("#pp-reviews")).to_contain_text("Your turn")
    expect(bob.locator("#pp-approve")).to_have_count(0)  # not before it is read
    bob.locator("#pp-bring").click()
    expect(bob.locator("#pp-approve")).to_be_visible()


def test_what_was_new_is_seen_with_the_approval_on_the_open_page(
    visit: Visit, visitor: Any, plan: str, server: Server
) -> None:
    visitor("bob").get(f"/p/{plan}")
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    bob = opened(visit, "bob", plan)
    expect(bob.locator("#pp-line")).to_contain_text("1 section changed")
    expect(bob.locator("#pp-doc .pp-changed-mark")).to_have_count(1)
    bob.locator("#pp-approve").click()
    expect(bob.locator("#pp-line, #pp-doc .pp-changed-mark, .toc .chg")).to_have_count(0)
    expect(bob.locator("#pp-reviews")).to_be_focused()
    expect(bob.locator("#announce")).to_have_text("Approved.")


@NEEDS_AXE
def test_the_review_shuts_nobody_out_and_fits_at_every_width(
    visit: Visit, visitor: Any, plan: str
) -> None:
    alice, pam = visitor("alice"), visitor("pam")
    for name in ("bob", "pam", "ada"):
        alice.post(f"/p/{plan}/reviewers", email=f"{name}@example.com")
    pam.post(f"/p/{plan}/sign-off", decision="request_changes", note=f"{NOTE} {'w' * 90}")
    page, found = visit("bob", at=""), []
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        page.goto(f"/p/{plan}")
        page.locator("#pp-reviews").click()
        found += violations(page)
        for one in ("#pp-some", "#pp-object"):
            if not page.locator(one).is_visible():  # Esc closed the menu, too
                page.locator("#pp-reviews").click()
            page.locator(one).click()
            found += violations(page)
            page.keyboard.press("Escape")
            expect(page.locator(f"{one}-dialog")).to_be_hidden()
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            found.append(f"{width}: scrolls sideways")
    assert found == []
    page.goto(f"/p/{plan}")  # at 390: room for a finger
    shown = [
        page.locator(one).bounding_box() for one in ("#pp-sheet", "#pp-reviews", "#pp-approve")
    ]
    ends = [(box["x"], box["x"] + box["width"]) for box in shown]
    assert ends == sorted(ends) and all(a[1] <= b[0] for a, b in pairwise(ends))
    assert ends[0][0] >= 0 and ends[-1][1] <= 390
    assert min(box["height"] for box in shown) >= 44
    wide = "bar => bar.scrollWidth - bar.clientWidth"
    for width in (320, 390, 560, 700, 840, 900, 1000, 1100, 1160, 1220, 1300):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator("#pp-bar").evaluate(wide) <= 0, width


def test_some_sections_are_approved_by_keyboard_and_kept_when_another_changes(
    visit: Visit, visitor: Any, plan: str, server: Server
) -> None:
    visitor("alice").post(f"/p/{plan}/reviewers", email="bob@example.com")
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    bob.locator("#pp-reviews").click()
    bob.locator("#pp-some").press("Enter")
    bob.locator("#pp-some-s-data").press("Space")
    alice.locator("#pp-plus-intro").click()
    alice.locator("#pp-new-body").fill("Anybody?")
    alice.locator("#pp-new-send").click()
    expect(bob.locator(".thread", has_text="Anybody?")).to_have_count(1)
    visitor("pam").post(f"/p/{plan}/sign-off", decision="approve")  # the region is swapped
    expect(bob.locator(".review .seat", has_text="Pam approved v1")).to_have_count(1)
    expect(bob.locator("#pp-some-s-data")).to_be_checked()
    bob.locator("#pp-some-send").press("Enter")
    expect(bob.locator("#pp-reviews")).to_be_focused()
    expect(bob.locator("#pp-reviews")).to_contain_text("Approved")
    server.push(document("Sessions"), f"plan={plan}&base_version=1")  # the intro
    seats = alice.locator(".review .seat")
    expect(seats.filter(has_text="kept, nothing it covers changed since")).to_contain_text("Bob")
    expect(seats.filter(has_text="needs another look")).to_contain_text("Pam")
    expect(alice.locator("#pp-reviews")).to_contain_text("In review")
    expect(bob.locator("#pp-reviews")).not_to_contain_text("Your turn")


def test_what_is_missing_in_a_word_is_said_in_its_dialog(visit: Visit, plan: str) -> None:
    bob = visit("bob", at=f"/p/{plan}", expect=("422",))
    bob.locator("#pp-reviews").click()
    bob.locator("#pp-object").click()
    expect(bob.locator("#pp-object-s-data")).to_be_hidden()
    bob.locator("#pp-object-few").check()
    bob.locator("#pp-object-note").fill("Longer.")
    bob.locator("#pp-object-send").click()
    expect(bob.locator("#pp-object-err")).to_have_text("Choose at least one section.")
    expect(bob.locator("#pp-object-note")).to_have_value("Longer.")
    bob.locator("#pp-object-s-data").check()
    bob.locator("#pp-object-send").click()
    expect(bob.locator("#pp-reviews")).to_contain_text("Changes requested")
    bob.locator("#pp-reviews").click()
    expect(bob.locator(".review .covers")).to_have_text("Data model")
