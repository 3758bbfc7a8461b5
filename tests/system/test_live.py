"""Two people on one plan: what one does, the other sees within a second, and loses nothing."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import document, visits
from tests.system.serving import Server

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def expect(*args: Any) -> Any:
    from playwright.sync_api import expect

    return expect(*args)


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, workers=4).start()
    yield running
    running.close()


@pytest.fixture
def visit_four(four: Server, chromium: Any) -> Iterator[Visit]:
    yield from visits(four, chromium)


def opened(visit: Visit, name: str, plan: str) -> Any:
    """Open the plan, and wait until the stream is there."""
    page = visit(name, at="")
    with page.expect_response(re.compile("/events")):
        page.goto(f"/p/{plan}")
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")
    return page


def comment(page: Any, anchor: str, words: str) -> None:
    page.locator(f"#pp-plus-{anchor}").click()
    page.locator("#pp-new-body").fill(words)
    page.locator("#pp-new-send").click()
    expect(page.locator(".thread", has_text=words)).to_have_count(1)


def test_a_comment_arrives_and_a_typed_one_stays(visit: Visit, plan: str) -> None:
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    bob.locator("#pp-plus-data").click()
    bob.locator("#pp-new-body").type("Half a th")
    bob.keyboard.press("ArrowLeft")
    comment(alice, "intro", "Says who?")
    expect(bob.locator(".thread", has_text="Says who?")).to_be_visible()
    expect(bob.locator("#pp-new-body")).to_have_value("Half a th")
    expect(bob.locator("#pp-new-body")).to_be_focused()
    assert bob.evaluate("document.activeElement.selectionStart") == 8
    expect(bob.locator("#pp-pin-intro-0")).to_have_count(1)
    bob.keyboard.type("oug")
    bob.locator("#pp-new-send").click()
    expect(alice.locator(".thread", has_text="Half a tough")).to_have_count(1)
    assert {p.evaluate("document.getElementById('main').dataset.seen") for p in (alice, bob)} == {
        "not reloaded"
    }


def test_both_post_at_the_same_moment(visit: Visit, plan: str) -> None:
    pages = [opened(visit, name, plan) for name in ("alice", "bob")]
    for page, words in zip(pages, ("One", "Two"), strict=True):
        page.locator("#pp-plus-intro").click()
        page.locator("#pp-new-body").fill(words)
    for page in pages:
        page.evaluate("document.getElementById('pp-new-send').click()")
    for page in pages:
        expect(page.locator(".thread")).to_have_count(2)
        expect(page.locator("#pp-pin-intro-0")).to_contain_text("2")


def test_a_push_and_a_reader_are_told(visit: Visit, server: Server, plan: str) -> None:
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    expect(alice.locator("#pp-viewers")).to_contain_text("1 viewing")
    pushed = server.push(document("Keys"), f"plan={plan}&base_version=1")
    assert pushed.status_code == 201, pushed.text
    expect(bob.locator("#pp-update")).to_contain_text("v2 was pushed")
    bob.close()
    expect(alice.locator("#pp-viewers")).to_have_text("")


def test_a_late_refresh_does_not_undo_a_newer_version(
    visit: Visit, server: Server, plan: str
) -> None:
    """What was asked while the first version stood is answered when the second is shown."""
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    comment(bob, "data", "Why uuid?")
    expect(alice.locator(".thread", has_text="Why uuid?")).to_be_visible()
    held: list[Any] = []
    alice.route(re.compile("/threads/live[?]v=1"), lambda route: held.append(route))
    with alice.expect_request(re.compile("/threads/live")):
        comment(bob, "intro", "Says who?")
    assert server.push(document("Keys"), f"plan={plan}&base_version=1").status_code == 201
    alice.locator("#pp-bring").click()
    expect(alice.locator("#pp-doc")).to_have_attribute("data-version", "2")
    forms = alice.locator(".thread input[name=v]")
    expect(forms.first).to_have_value("2")
    with alice.expect_response(re.compile("/threads/live[?]v=2")):
        for route in held:
            route.continue_()
    expect(alice.locator(".thread")).to_have_count(2)
    assert {one.input_value() for one in forms.all()} == {"2"}


def test_a_late_word_of_a_version_is_not_said_of_that_version(
    visit: Visit, server: Server, plan: str
) -> None:
    """What was asked while the first version stood is answered when the second is shown."""
    alice = opened(visit, "alice", plan)
    assert server.push(document("Keys"), f"plan={plan}&base_version=1").status_code == 201
    expect(alice.locator("#pp-bring")).to_be_visible()
    held: list[Any] = []
    news = re.compile("/updates/new[?]v=1")
    alice.route(news, lambda route: held.append(route))
    with alice.expect_request(news):
        alice.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    alice.locator("#pp-bring").click()
    expect(alice.locator("#pp-doc")).to_have_attribute("data-version", "2")
    with alice.expect_response(news):
        for route in held:
            route.continue_()
    with alice.expect_response(re.compile("/updates/new[?]v=2")):  # after which that was dealt with
        alice.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(alice.locator("#pp-update")).to_have_count(0)


def push(server: Server, word: str, base: int) -> None:
    query = f"plan=two&base_version={base}" if base else "slug=two&title=Two&visibility=published"
    pushed = server.push(document(word), query)
    assert pushed.status_code in (200, 201), pushed.text


def post_on_words(alice: Any, bob: Any) -> None:
    """Alice comments on words and names Bob; he replies; both see both."""
    alice.evaluate(
        """() => { const text = document.querySelector('#s-intro p').firstChild;
        getSelection().setBaseAndExtent(text, 0, text, 'Tokens rotate'.length); }"""
    )
    alice.keyboard.press("c")
    alice.locator("#pp-new-body").press_sequentially("Is this so, @Bo")
    alice.get_by_role("option", name=re.compile("Bob")).click()
    alice.locator("#pp-new-send").click()
    card = bob.locator(".thread", has_text="Is this so, @Bob")
    expect(card).to_be_visible()
    expect(bob.locator("#pp-tab-mentions .count")).to_contain_text("1")
    card.locator("summary", has_text="Reply").click()
    card.locator("textarea").fill("It **is**.")
    card.get_by_role("button", name="Reply").last.click()
    expect(alice.locator(".thread strong", has_text="is")).to_be_visible()


def settle_and_undo(alice: Any, bob: Any) -> None:
    """Alice resolves, Bob sees it; she takes it back, he sees that, too."""
    alice.get_by_role("button", name="Resolve").click()
    expect(bob.locator("#pp-tab-open .count")).to_contain_text("0")
    expect(alice.locator("button[id^=pp-turn-]")).to_be_focused()
    alice.locator("button[id^=pp-turn-]").click()
    expect(bob.locator("#pp-tab-open .count")).to_contain_text("1")
    expect(bob.locator(".thread", has_text="Is this so")).to_be_visible()


def move_to_new_words(alice: Any, bob: Any) -> None:
    """The words are gone from the third version: Alice puts the thread on others."""
    for page in (alice, bob):
        page.locator("#pp-bring").click()
        expect(page.locator("#pp-doc")).to_have_attribute("data-version", "3")
    alice.locator("[data-reattach]").click()
    alice.evaluate(
        """() => { const text = document.querySelectorAll('#s-intro li')[1].firstChild;
        getSelection().setBaseAndExtent(text, 0, text, text.length); }"""
    )
    alice.locator("#pp-say-button").click()
    expect(bob.locator(".thread .quote", has_text="Second rule")).to_be_visible()


def test_two_people_and_three_versions(four: Server, visit_four: Visit) -> None:
    push(four, "Tokens", 0)
    alice, bob = opened(visit_four, "alice", "two"), opened(visit_four, "bob", "two")
    post_on_words(alice, bob)
    settle_and_undo(alice, bob)
    push(four, "Tokens now", 1)
    expect(bob.locator("#pp-update")).to_contain_text("v2 was pushed")
    push(four, "Quite another text, of which nothing is left but this, does", 2)
    expect(bob.locator("#pp-update")).to_contain_text("v3 was pushed")
    move_to_new_words(alice, bob)
    bob.locator("#pp-plus-data").click()
    bob.locator("#pp-new-body").press_sequentially("Not sent yet")
    expect(bob.locator("#composer")).to_contain_text("Draft saved")
    bob.context.close()
    again = opened(visit_four, "bob", "two")
    expect(again.locator("#pp-new-body")).to_have_value("Not sent yet")
    again.locator("#pp-new-send").click()
    expect(alice.locator(".thread", has_text="Not sent yet")).to_have_count(1)
    assert alice.evaluate("document.getElementById('main').dataset.seen") == "not reloaded"
