"""The dashboard in a browser: all state is in the address, it lives, and works without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from planpush.database.session import commit
from tests.people import person
from tests.system.conftest import document
from tests.system.serving import Server, Visitor
from tests.system.test_pages_are_clean import DRESSES, dress, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
WORDS = ("Aardvark", "Badger", "Cormorant")
TOAST = "#pp-toast .toast"
PHONE = {"width": 390, "height": 800}


def publish(server: Server, title: str, visibility: str = "published") -> str:
    pushed = server.push(document(title), urlencode({"title": title, "visibility": visibility}))
    assert pushed.status_code == 201, pushed.text
    return pushed.json()["plan"]


COUNT = count(1)


@pytest.fixture
def zoo(server: Server) -> str:
    """A word of the test's own that three plans of alice's have, two of them published."""
    word = f"zoo{next(COUNT):03}"
    for name, visibility in zip(WORDS, ("private", "published", "published"), strict=True):
        publish(server, f"{word} {name}", visibility)
    return word


def shows(page: Any, *words: str) -> None:
    names = page.locator("a.plan-name")
    expect(names).to_have_text([re.compile(f"{word}$") for word in words])


def mark(page: Any) -> None:
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")


def stayed(page: Any) -> bool:
    return page.evaluate("document.getElementById('main').dataset.seen") == "not reloaded"


def test_the_address_is_the_list(visit: Visit, zoo: str) -> None:
    """Reload, back, forward, a new tab and somebody else show the same."""
    page = visit("alice", at=f"/dashboard?q={zoo}", expect=("422",))
    page.locator("#pp-sort-title").click()
    shows(page, *WORDS)
    field = page.locator("#pp-q")
    field.press("End")
    field.press_sequentially("is:published")
    shows(page, *WORDS[1:])
    expect(page).to_have_url(re.compile(rf"q={zoo}\+is%3Apublished&sort=title$"))
    expect(page.locator("#announce")).to_have_text("2 of 2 plans")
    expect(field).to_be_focused()
    address = page.url
    page.reload()
    shows(page, *WORDS[1:])
    page.go_back()
    expect(page).to_have_url(re.compile(f"q={zoo}&sort=title$"))
    shows(page, *WORDS)
    expect(field).to_have_value(f"{zoo} ")
    page.go_forward()
    shows(page, *WORDS[1:])
    other = visit("alice", at=address)
    shows(other, *WORDS[1:])
    shows(visit("bob", at=address), *WORDS[1:])
    field.press("End")
    field.press_sequentially("autor:me")
    expect(page.locator("#pp-q-err")).to_contain_text("did you mean author:?")
    shows(page, *WORDS[1:])  # an unknown key leaves the list
    field.fill(f"{zoo} author:me")
    expect(page.locator("#pp-q-err")).to_be_empty()
    expect(page).to_have_url(re.compile("author"))
    page.goto(f"/dashboard?q={zoo}")
    mark(page)
    steps = page.evaluate("history.length")
    field.fill(f"{zoo} sort:title-desc")
    for _again in range(2):  # Enter searches in place, and makes one step
        with page.expect_response(re.compile("/dashboard/plans")):
            field.press("Enter")
        shows(page, *WORDS[::-1])
    expect(field).to_be_focused()
    assert stayed(page) and page.evaluate("history.length") == steps + 1
    for order in ("title-asc", "relevance"):  # every order that an address can name is kept
        page.goto(f"/dashboard?q=&sort={order}")
        field.fill(zoo)
        expect(page).to_have_url(re.compile(f"q={zoo}&sort={order}$"))
    page.goto(f"/dashboard?q={zoo}+cormorant")
    hit = page.locator("a.plan-name")
    hit.click()
    expect(page.locator("#pp-doc h2").first).to_contain_text("Intro")


def test_tabs_are_queries_in_the_field_and_a_hit_leads_to_its_place(
    visit: Visit, server: Server, zoo: str
) -> None:
    page = visit("alice")
    for number, query in enumerate(("turn:me", "involves:me", "is:published", "mentions:me"), 1):
        tab = page.locator(f"#pp-view-{number}")
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")
        expect(page.locator("#pp-q")).to_have_value(f"{query} ")
        expect(page).to_have_url(re.compile(f"q={query.replace(':', '%3A')}$"))
    expect(page.get_by_role("link", name="All", exact=True)).to_have_count(0)
    expect(visit("pam").locator("#pp-view-5")).to_have_attribute("aria-current", "page")
    page.goto(f"/dashboard?q={zoo}+rotate")
    hit = page.locator("a.hit").first
    expect(hit.locator("mark").first).to_have_text(re.compile(f"{zoo}|rotate", re.IGNORECASE))
    hit.click()
    expect(page).to_have_url(re.compile("#s-intro$"))
    expect(page.locator("#s-intro")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
def test_without_script_it_searches_and_sorts(visit: Visit, zoo: str, width: int) -> None:
    size = {"width": width, "height": 720}
    page = visit("alice", expect=("422",), java_script_enabled=False, viewport=size)
    page.locator("#pp-q").fill(zoo)
    if width == 390:
        page.locator("#pp-sort").select_option("title")
        page.locator("#pp-filter").get_by_role("button", name="Search").click()
        expect(page.locator("#pp-sort")).to_have_value("title")
    else:
        page.locator("#pp-q").press("Enter")
        page.locator("#pp-sort-title").click()
    shows(page, *WORDS)
    assert f"q={zoo}&sort=title" in page.url
    page.locator("#pp-q").fill("autor:me")
    page.locator("#pp-q").press("Enter")
    expect(page.locator("#pp-q-err")).to_contain_text("did you mean author:?")
    expect(page.locator("#pp-q")).to_have_value("autor:me")


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_sorts_by_a_field(visit: Visit, zoo: str, width: int) -> None:
    page = visit("alice", at=f"/dashboard?q={zoo}", viewport={"width": width, "height": 800})
    field = page.locator("#pp-sort")
    field.focus()
    field.select_option("title-desc")
    shows(page, *WORDS[::-1])
    expect(page).to_have_url(re.compile(f"q={zoo}&sort=title-desc$"))
    expect(field).to_be_focused()
    page.locator("#pp-view-3").click()
    expect(page).to_have_url(re.compile("q=is%3Apublished$"))
    expect(field).to_have_value("")
    page.locator("#pp-sort-title").focus()
    expect(page.locator("#pp-sort-title")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1360, "height": 800})
    expect(field).to_be_hidden()


def rows(page: Any) -> Any:
    return page.locator("#list tbody tr")


def pick(page: Any, *numbers: int) -> None:
    for number in numbers:
        rows(page).nth(number).get_by_role("checkbox").check()


def test_selected_plans_are_archived_and_brought_back_by_keyboard(visit: Visit, zoo: str) -> None:
    shelf = f"/dashboard?q=author:me+{zoo}&sort=title"
    page = visit("alice", at=shelf)
    bar, toast, chosen = page.locator("#pp-bulk"), page.locator(TOAST), ".sel input:checked"
    expect(rows(page)).to_have_count(3)
    expect(bar).to_be_hidden()
    before = rows(page).nth(0).bounding_box()
    pick(page, 0)
    expect(bar).to_be_visible()
    assert rows(page).nth(0).bounding_box() == before  # no row moves
    page.locator("#pp-bulk-clear").click()
    expect(bar).to_be_hidden()
    expect(page.locator(chosen)).to_have_count(0)
    pick(page, 0, 1)
    page.locator("#pp-bulk-archive").click()
    expect(toast).to_contain_text("2 plans archived.")
    expect(rows(page)).to_have_count(1)
    expect(page.locator(chosen)).to_have_count(0)
    expect(page.locator("#pp-undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Undone: 2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(3)
    expect(page.locator("#pp-undo")).to_have_count(0)
    expect(page.locator("#pp-toast-close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toast).to_be_hidden()
    pick(page, 0)
    first = rows(page).nth(0).get_attribute("id")
    page.locator("#pp-sort-updated").click()  # a selection stays with its row
    expect(page.locator("th[aria-sort=descending] #pp-sort-updated")).to_be_visible()
    expect(page.locator(f"#{first} .sel input")).to_be_checked()
    page.locator("#pp-bulk-archive").click()
    expect(rows(page)).to_have_count(2)
    page.locator("#pp-sort-title").click()
    expect(page).to_have_url(re.compile("sort=title"))
    page.locator("#pp-undo").click()  # the state that moved on is the one that Undo shows
    expect(rows(page)).to_have_count(3)
    expect(page).to_have_url(re.compile("sort=title"))
    pick(page, 0, 1, 2)
    page.locator("#pp-bulk-archive").click()
    expect(rows(page)).to_have_count(0)
    page.goto(shelf.replace("author:me", "author:me+is:archived"))
    pick(page, 1, 2)
    expect(page.locator("#pp-bulk-archive")).to_have_count(0)
    page.locator("#pp-bulk-unarchive").click()
    expect(toast).to_contain_text("2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(1)


def test_selected_plans_are_published_and_archived_without_script_and_on_a_phone(
    visit: Visit, zoo: str
) -> None:
    shelf = f"/dashboard?q=author:me+{zoo}&sort=title"
    page = visit("alice", at=shelf, java_script_enabled=False)
    pick(page, 0, 2)
    page.locator("#pp-bulk-archive").click()
    expect(page.locator(TOAST)).to_contain_text("2 plans archived.")
    expect(rows(page)).to_have_count(1)
    page.locator("#pp-undo").click()
    expect(page.locator(TOAST)).to_contain_text("Undone: 2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(3)
    page.locator("#pp-toast-close").click()
    expect(page.locator(TOAST)).to_be_hidden()
    page = visit("alice", at=shelf, viewport=PHONE, has_touch=True)
    rows(page).nth(0).get_by_role("checkbox").tap()
    expect(page.locator("#pp-bulk")).to_be_in_viewport()
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    page.locator("#pp-bulk-publish").tap()
    toast = page.locator(TOAST)
    expect(toast).to_contain_text("1 plan published. Everybody who is signed in can see it.")
    expect(toast).to_be_in_viewport()
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        pick(page, 1)
        assert violations(page) == [], scheme
    page.locator("#pp-undo").click()
    expect(toast).to_contain_text("Undone: 1 plan made private.")


def test_a_plan_is_archived_on_its_page_and_its_readers_see_it(visit: Visit, plan: str) -> None:
    alice, bob = visit("alice", at=f"/p/{plan}"), visit("bob", at=f"/p/{plan}")
    alice.locator("#pp-more").click()
    alice.locator("#pp-archive").click()
    for page in (alice, bob):
        expect(page.get_by_text("This plan is archived")).to_be_visible()
    expect(alice.locator("#pp-unarchive")).to_be_focused()
    assert violations(alice) == []
    expect(bob.locator("#pp-unarchive")).to_have_count(0)
    expect(bob.locator("#pp-bar .pill", has_text="Archived")).to_be_visible()
    alice.keyboard.press("Enter")
    for page in (alice, bob):
        expect(page.get_by_text("This plan is archived")).to_have_count(0)
    expect(bob.locator("#pp-bar .pill", has_text="Archived")).to_have_count(0)
    expect(alice.locator("#pp-more")).to_be_focused()
    bob.locator("#pp-more").press("Enter")  # muted from its menu with the keyboard
    for said in ("Unmute", "Mute"):
        bob.locator("#pp-hush").press("Enter")
        expect(bob.locator("#pp-hush .grow")).to_have_text(re.compile(f"^{said}"))
        expect(bob.locator("#pp-hush")).to_be_focused()


def live(visit: Visit, name: str, at: str, **options: Any) -> Any:
    """Open a page, and wait until its stream is there."""
    page = visit(name, at="", **options)
    with page.expect_response(re.compile("/events")):
        page.goto(at)
    mark(page)
    return page


def test_a_list_gains_what_others_publish_and_loses_what_they_take_back(
    visit: Visit, server: Server, visitor: Any, zoo: str
) -> None:
    team = f"/dashboard?q=is%3Apublished+{zoo}"
    bob, alice = live(visit, "bob", team), visitor("alice")
    asked: list[str] = []
    bob.on("request", lambda sent: asked.append(sent.url) if "/dashboard/up" in sent.url else None)
    hidden = publish(server, f"{zoo} Hidden", "private")
    assert alice.post(f"/p/{hidden}/publication").status_code == 303
    expect(bob.locator(".plan-name", has_text="Hidden")).to_be_visible()
    assert alice.post(f"/p/{hidden}/publication?_method=DELETE").status_code == 303
    expect(bob.locator(".plan-name", has_text="Hidden")).to_have_count(0)
    expect(bob.locator(".plan-name", has_text="Badger")).to_be_visible()
    assert bob.url.endswith(team) and stayed(bob)
    link = bob.locator(".plan-name", has_text="Badger")
    link.focus()
    before = len(asked)
    for number in range(5):
        publish(server, f"{zoo} Burst-{number}")
    expect(bob.locator(".plan-name", has_text="Burst-4")).to_be_visible()
    assert len(asked) - before <= 3  # a burst is one look, and another when the pause is over
    expect(link).to_be_focused()
    link.click()
    bob.wait_for_url(re.compile("/p/"))
    with bob.expect_response(re.compile("/events")):
        bob.go_back()
    publish(server, f"{zoo} After")
    expect(bob.locator(".plan-name", has_text="After")).to_be_visible()
    assert bob.url.endswith(team)


def test_what_is_typed_or_selected_meanwhile_stays(visit: Visit, server: Server, zoo: str) -> None:
    bob, held = live(visit, "bob", f"/dashboard?q=is%3Apublished+{zoo}"), list[Any]()
    names = bob.locator(".plan-name")
    bob.route("**/dashboard/updates?**", lambda route: held.append(route))
    with bob.expect_request("**/dashboard/updates?**"):
        publish(server, f"{zoo} Second")
    bob.locator("#list input[name=id]").first.check()
    with bob.expect_response("**/dashboard/updates?**"):
        held[0].continue_()
    expect(names).to_have_count(2)
    expect(bob.locator("#list input:checked")).to_have_count(1)
    bob.unroute("**/dashboard/updates?**")
    publish(server, f"{zoo} Third")
    expect(bob.locator("#pp-changed")).to_contain_text("changed.")
    expect(names).to_have_count(2)  # while rows are selected a bar says what changed
    bob.locator("#pp-refresh-list").press("Enter")
    expect(names).to_have_count(4)
    expect(bob.locator("#pp-current")).to_be_focused()
    expect(bob.locator("#list input:checked")).to_have_count(1)
    bob.locator("#list input:checked").uncheck()
    held.clear()
    bob.route("**/dashboard/updates?**", lambda route: held.append(route))
    with bob.expect_request("**/dashboard/updates?**"):
        publish(server, f"{zoo} Fourth")
    bob.locator("#pp-q").press("End")
    bob.locator("#pp-q").press_sequentially(" nothing")
    typed = bob.locator("#pp-q").input_value()
    expect(names).to_have_count(0)
    with bob.expect_response("**/dashboard/updates?**"):
        held[0].continue_()
    bob.evaluate("() => new Promise((done) => setTimeout(done))")
    expect(names).to_have_count(0)
    expect(bob.locator("#pp-q")).to_be_focused()
    expect(bob.locator("#pp-q")).to_have_value(typed)
    assert stayed(bob)


def test_the_bell_rings_on_every_page_and_a_notice_leads_to_its_thread(
    visit: Visit, server: Server, plan: str
) -> None:
    alice = visit("alice", at="/notices")
    bell, said = alice.locator("#pp-bell"), alice.locator("#announce")
    if alice.locator("#pp-read-all").count():
        alice.locator("#pp-read-all").press("Enter")
        expect(alice.locator("#pp-read-all")).to_be_focused()
        expect(said).to_have_text("All read.")
    for number, at in enumerate(("/settings/profile", f"/p/{plan}", "/notices"), 1):
        with alice.expect_response(re.compile("/events")):
            alice.goto(at)
        mark(alice)
        bell.focus()
        where = {"anchor": "intro", "body": f"Why {number}?"}
        answer = server.api("bob", "POST", f"/api/plans/{plan}/threads", json=where)
        assert answer.status_code == 201
        notices = f"{number} unread notice{'s' * (number > 1)}"
        expect(bell).to_have_accessible_name(notices)
        expect(bell.locator(".count")).to_have_text(str(number))
        expect(said).to_have_text(notices)
        expect(bell).to_be_focused()
        assert stayed(alice)
    alice.reload()
    row = alice.locator(".notice.unread").first
    number = row.get_attribute("id")
    row.get_by_role("link").click()
    thread = answer.json()["id"]
    alice.wait_for_url(f"**/p/{plan}?thread={thread}#t{thread}")
    expect(alice.locator(f"#t{thread}")).to_be_in_viewport()
    bell.click()
    alice.wait_for_url("**/notices")  # until it is loaded: before that a form is sent as any other
    expect(alice.locator(f"#{number}")).to_be_visible()
    expect(alice.locator(f"#{number}.unread")).to_have_count(0)


def test_who_is_signed_out_elsewhere_is_told_and_keeps_their_words(
    visit: Visit, server: Server
) -> None:
    page = visit("charlie", at="/settings/notifications", own=True, expect=["401"])
    page.locator("#pp-preset-mentions").click()  # a preset ticks the boxes at once
    expect(page.locator("#pp-turn-app")).not_to_be_checked()
    expect(page.locator("#pp-preset-mentions")).to_be_focused()
    page.locator("#pp-version-slack").check()
    with page.expect_response("**/settings/notifications"):
        page.locator("#pp-notify-save").press("Enter")
    expect(page.locator("#announce")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#pp-version-slack")).to_be_checked()
    page = live(visit, "charlie", "/settings/profile", own=True, expect=["401"])
    with server.app.app_context():
        person("charlie").sign_out_everywhere(by=None)
        commit()
    expect(page.locator("#banner")).to_contain_text("You are signed out.")
    assert stayed(page)


def test_older_activity_comes_as_one_scrolls_and_a_plan_is_muted_from_its_row(
    visit: Visit, server: Server, plan: str
) -> None:
    for number in range(35):
        body = {"anchor": "intro", "body": f"Remark {number} on {plan}."}
        server.api("bob", "POST", f"/api/plans/{plan}/threads", json=body)
    page = visit("bob", at="/activity?show=mine")
    expect(page.locator(".moment")).to_have_count(30)
    page.locator("#pp-older").scroll_into_view_if_needed()
    expect(page.get_by_text(f"Remark 0 on {plan}.")).to_have_count(1)
    said = re.findall(rf"Remark (\d+) on {plan}\.", page.locator("#activity").inner_text())
    assert [int(number) for number in said] == list(reversed(range(35)))
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert page.url.endswith("/activity?show=mine")
    page = visit("ada", at="/activity")
    button = page.locator(".moment").first.get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-label", re.compile("^Unmute"))
    expect(button).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Muted:")
    page.reload()
    expect(page.get_by_text(f"Remark 0 on {plan}.")).to_have_count(0)


def test_the_longest_query_fits_into_an_address(visitor: Callable[[str], Visitor]) -> None:
    alice, page = visitor("alice"), "/dashboard?" + urlencode({"q": "漢" * 500})
    assert alice.get(page).status_code == 200
    assert alice.get("/dashboard/updates?" + urlencode({"at": page})).status_code == 200
