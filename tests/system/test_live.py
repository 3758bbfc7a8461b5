"""An open plan: what others do arrives within a second, and the reader loses nothing by it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import document, visits
from tests.system.serving import Server

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
ANCHORS = [f"part-{n}" for n in range(12)]
MARK = 'for (const part of document.querySelectorAll("#pp-doc > section")) part.mine = true'
UNTOUCHED = '[...document.querySelectorAll("#pp-doc > section")].filter((part) => part.mine).length'
SELECT = """([selector, end]) => { const text = document.querySelector(selector).firstChild;
    getSelection().setBaseAndExtent(text, 0, text, end || text.length); }"""
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def expect(*args: Any) -> Any:
    from playwright.sync_api import expect

    return expect(*args)


def opened(visit: Visit, name: str, plan: str, **options: Any) -> Any:
    """Open the plan, and wait until the stream is there."""
    page = visit(name, at="", **options)
    with page.expect_response(re.compile("/events")):
        page.goto(f"/p/{plan}")
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")
    return page


def stayed(*pages: Any) -> bool:
    seen = {page.evaluate("document.getElementById('main').dataset.seen") for page in pages}
    return seen == {"not reloaded"}


def comment(page: Any, anchor: str, words: str) -> None:
    page.locator(f"#pp-plus-{anchor}").click()
    page.locator("#pp-new-body").fill(words)
    page.locator("#pp-new-send").click()
    expect(page.locator(".thread", has_text=words)).to_have_count(1)


def push(server: Server, plan: str, word: str, base: int) -> None:
    pushed = server.push(document(word), f"plan={plan}&base_version={base}")
    assert pushed.status_code == 201, pushed.text


def test_comments_arrive_and_a_typed_one_stays(visit: Visit, plan: str) -> None:
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    expect(alice.locator("#pp-viewers")).to_contain_text("1 viewing")
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
    for page in (alice, bob):
        page.locator("#pp-plus-intro").click()
        page.locator("#pp-new-body").fill("At the same moment")
    for page in (alice, bob):
        page.evaluate("document.getElementById('pp-new-send').click()")
    for page in (alice, bob):
        expect(page.locator(".thread")).to_have_count(4)
        expect(page.locator("#pp-pin-intro-0")).to_contain_text("3")
    assert stayed(alice, bob)
    bob.close()
    expect(alice.locator("#pp-viewers")).to_have_text("")


def test_what_comes_late_does_not_undo_a_newer_version(
    visit: Visit, server: Server, plan: str
) -> None:
    """What was asked while the first version stood is answered when the second is shown."""
    alice, bob = opened(visit, "alice", plan), opened(visit, "bob", plan)
    comment(bob, "data", "Why uuid?")
    expect(alice.locator(".thread", has_text="Why uuid?")).to_be_visible()
    threads, news = re.compile("/threads/live[?]v=1"), re.compile("/updates/new[?]v=1")
    held: list[Any] = []
    alice.route(threads, lambda route: held.append(route))
    with alice.expect_request(threads):
        comment(bob, "intro", "Says who?")
    push(server, plan, "Keys", 1)
    expect(alice.locator("#pp-bring")).to_be_visible()
    alice.route(news, lambda route: held.append(route))
    with alice.expect_request(news):
        alice.evaluate(LOOK)
    alice.locator("#pp-bring").click()
    expect(alice.locator("#pp-doc")).to_have_attribute("data-version", "2")
    forms = alice.locator(".thread input[name=v]")
    expect(forms.first).to_have_value("2")
    with alice.expect_response(re.compile("/threads/live[?]v=2")), alice.expect_response(news):
        for route in held:
            route.continue_()
    with alice.expect_response(re.compile("/updates/new[?]v=2")):  # after which that was dealt with
        alice.evaluate(LOOK)
    expect(alice.locator(".thread")).to_have_count(2)
    assert {one.input_value() for one in forms.all()} == {"2"}
    expect(alice.locator("#pp-update")).to_have_count(0)


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, workers=4, WORKER="off").start()
    yield running
    running.close()


@pytest.fixture
def visit_four(four: Server, chromium: Any) -> Iterator[Visit]:
    yield from visits(four, chromium)


def post_on_words(alice: Any, bob: Any) -> None:
    """Alice comments on words and names Bob; he replies; both see both."""
    alice.evaluate(SELECT, ["#s-intro p", len("Tokens rotate")])
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
    alice.evaluate(SELECT, ["#s-intro li:nth-child(2)", 0])
    alice.locator("#pp-say-button").click()
    expect(bob.locator(".thread .quote", has_text="Second rule")).to_be_visible()


def test_two_people_and_three_versions_on_four_processes(four: Server, visit_four: Visit) -> None:
    four.push(document("Tokens"), "slug=two&title=Two&visibility=published")
    alice, bob = (opened(visit_four, name, "two", own=True) for name in ("alice", "bob"))
    post_on_words(alice, bob)
    settle_and_undo(alice, bob)
    push(four, "two", "Tokens now", 1)
    expect(bob.locator("#pp-update")).to_contain_text("v2 was pushed")
    push(four, "two", "Quite another text, of which nothing is left but this, does", 2)
    expect(bob.locator("#pp-update")).to_contain_text("v3 was pushed")
    move_to_new_words(alice, bob)
    assert stayed(alice, bob)


def twelve(**changed: str) -> str:
    words = {
        anchor: changed.get(anchor.replace("-", "_"), f"Text of {anchor}. " * 60)
        for anchor in ANCHORS
    }
    return "".join(
        f'<section class="pp-section" data-anchor="{anchor}"><h2>{anchor.title()}</h2>'
        f"<p>{text}</p></section>"
        for anchor, text in words.items()
    )


def test_an_update_swaps_one_section_and_keeps_place_words_and_selection(
    visit: Visit, server: Server
) -> None:
    slug = server.push(twelve(), "title=Twelve&visibility=published").json()["plan"]
    page = opened(visit, "bob", slug)
    page.locator("#pp-plus-part-6").click()
    page.locator("#pp-new-body").fill("Half a thought")
    page.evaluate(MARK)
    page.locator("#s-part-6 p").evaluate("(p) => getSelection().selectAllChildren(p)")
    page.locator("#s-part-6").evaluate("(part) => part.scrollIntoView({behavior: 'instant'})")
    server.push(twelve(part_2="Short."), f"plan={slug}&base_version=1")
    notice = page.locator("#pp-update")
    expect(notice).to_contain_text("v2 was pushed by Alice")
    expect(notice).to_be_in_viewport()
    expect(page.locator("#s-part-2 p")).to_contain_text("Text of part-2.")  # until they say so
    before = page.locator("#s-part-6 p").bounding_box()["y"]
    notice.get_by_role("link", name="Show v2").click()
    expect(page.locator("#s-part-2 p")).to_have_text("Short.")
    assert page.evaluate(UNTOUCHED) == 11
    page.wait_for_timeout(500)  # a smooth scroll would be under way
    assert abs(page.locator("#s-part-6 p").bounding_box()["y"] - before) < 4
    assert page.evaluate("getSelection().toString()").startswith("Text of part-6.")
    expect(page.locator("#pp-new-body")).to_have_value("Half a thought")
    expect(notice).to_have_count(0)
    expect(page.locator("#pp-versions")).to_contain_text("v2")
    expect(page.locator("#pp-doc")).to_have_attribute("data-version", "2")
    expect(page.locator("#s-part-2 .pp-changed-mark")).to_have_text("Changed since v1")
    expect(page.locator("#pp-doc > section .pin.add")).to_have_count(12)
    assert "v=2" in page.locator("#s-part-7 .permalink").get_attribute("href")
    page.locator("#pp-new-send").click()
    expect(page.locator("#s-part-6 .pin:not(.add)")).to_have_text("1")
    expect(page).to_have_url(re.compile(f"/p/{slug}$"))
    assert stayed(page)


@pytest.fixture
def back(visitor: Any, server: Server, plan: str) -> str:
    """A plan that bob saw once; since then its intro changed and alice opened a thread."""
    visitor("bob").get(f"/p/{plan}")
    push(server, plan, "Sessions", 1)
    visitor("alice").post(f"/p/{plan}/threads", body="Since when?", anchor="data")
    return plan


def test_one_line_says_what_is_new_until_it_is_marked_as_seen_by_keyboard(
    visit: Visit, visitor: Any, back: str
) -> None:
    page = opened(visit, "bob", back)
    line = page.locator("#pp-line")
    for _ in range(2):
        expect(line).to_contain_text("1 section changed, 1 thread since v1.")
        expect(page.locator(".pp-changed-mark")).to_have_text(["Changed since v1"])
        expect(page.locator("#pp-contents .chg")).to_have_count(1)
        expect(page.locator(".thread .news")).to_have_count(1)
        page.reload()
    for version, marks in ((1, 0), (2, 1)):  # they follow the version that is swapped in
        page.locator("#pp-versions").click()
        page.locator(f".pop a[hx-get$='v={version}']").click()
        expect(page.locator("#pp-doc")).to_have_attribute("data-version", str(version))
        expect(page.locator(".pp-changed-mark")).to_have_count(marks)
        expect(line).to_have_count(marks)
    visitor("bob").post(f"/p/{back}/threads", body="My own.")
    expect(page.locator("#threads .thread")).to_have_count(2)
    page.locator("#pp-line-threads").click()
    expect(page.locator("#threads .thread")).to_have_count(1)
    expect(page.locator("#pp-chip-new")).to_contain_text("New since you last looked")
    page.set_viewport_size({"width": 390, "height": 800})
    page.reload()
    page.locator("#pp-line-sheet").click()
    expect(page.locator("#comments")).to_be_visible()
    expect(page.locator("#pp-chip-new")).to_be_visible()
    expect(page.locator("#threads .thread")).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 800})
    page = opened(visit, "bob", back)
    page.locator("#pp-see").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pp-line")).to_have_count(0)
    expect(page.locator(".pp-changed-mark, .chg, .news, #pp-chip-new")).to_have_count(0)
    expect(page.locator("#announce")).to_have_text("Marked as seen: version 2.")
    expect(page.locator("#pp-saw")).to_be_focused()
    visitor("alice").post(f"/p/{back}/threads", body="Still?", anchor="intro")
    expect(page.locator(".thread .news")).to_have_count(1)
    expect(page.locator("#pp-line")).to_have_count(0)


def test_what_is_pushed_meanwhile_is_told_after_what_was_seen(
    visit: Visit, visitor: Any, server: Server, back: str
) -> None:
    page = opened(visit, "bob", back)
    visitor("alice").post(f"/p/{back}/threads", body="And then?", anchor="intro")
    expect(page.locator("#pp-line")).to_contain_text("2 threads since v1.")
    push(server, back, "Keys", 2)
    expect(page.locator("#pp-update")).to_contain_text("v3 was pushed")
    compare = page.locator("#pp-bring-compare")
    expect(compare).to_have_attribute("href", f"/p/{back}/compare?from=2&to=3&only=1")
    page.locator("#pp-see").click()
    expect(page.locator("#pp-saw")).to_have_text("You have seen v2.")
    page.locator("#pp-bring").click()
    expect(page.locator("#pp-line")).to_contain_text("1 section changed since v2.")
    expect(page.locator("#s-intro .pp-changed-mark")).to_have_text("Changed since v2")


def test_without_script_what_is_new_is_shown_and_marked_as_seen(visit: Visit, back: str) -> None:
    page = visit("bob", at=f"/p/{back}", java_script_enabled=False)
    page.locator("#pp-line-threads").click()
    expect(page.locator("#threads .thread")).to_have_count(1)
    page.locator("#pp-see").click()
    expect(page.locator("#pp-line, .pp-changed-mark, .news")).to_have_count(0)
    expect(page.locator("#pp-doc")).to_contain_text("Sessions")
