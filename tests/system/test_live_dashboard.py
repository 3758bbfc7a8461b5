"""A dashboard that stays open: it follows what others do, and never takes away what one does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from planpush.database.session import commit
from tests.people import person
from tests.system.conftest import document, visits
from tests.system.serving import Server, Visitor

pytestmark = pytest.mark.browser
TEAM = "/dashboard?q=is%3Apublished"
Visit = Callable[..., Any]


def expect(*args: Any) -> Any:
    from playwright.sync_api import expect

    return expect(*args)


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Server]:
    """A server on which nothing happens but what the test does: two processes, as in earnest."""
    running = Server(tmp_path).start()
    publish(running, "First")
    yield running
    running.close()


@pytest.fixture
def look(quiet: Server, chromium: Any) -> Iterator[Visit]:
    yield from visits(quiet, chromium)


def opened(look: Visit, name: str, at: str = TEAM, **options: Any) -> Any:
    """Open a page, and wait until its stream is there."""
    page = look(name, at="", **options)
    with page.expect_response(re.compile("/events")):
        page.goto(at)
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")
    return page


def stayed(page: Any) -> bool:
    return page.evaluate("document.getElementById('main').dataset.seen") == "not reloaded"


def publish(server: Server, title: str, visibility: str = "published") -> str:
    query = f"slug={title.lower()}&title={title}&visibility={visibility}"
    pushed = server.push(document(title), query)
    assert pushed.status_code == 201, pushed.text
    return pushed.json()["plan"]


def asked(page: Any) -> list[str]:
    """Note from now on how often the page asks for its list."""
    found: list[str] = []
    page.on("request", lambda sent: found.append(sent.url) if "/dashboard/up" in sent.url else None)
    return found


def test_a_list_gains_what_others_publish_and_loses_what_they_take_back(look, quiet):
    bob = opened(look, "bob")
    publish(quiet, "Hidden", "private")
    alice = Visitor(quiet, "alice")
    assert alice.post("/p/hidden/publication").status_code == 303
    expect(bob.locator(".plan-name", has_text="Hidden")).to_be_visible()
    assert alice.post("/p/hidden/publication?_method=DELETE").status_code == 303
    expect(bob.locator(".plan-name", has_text="Hidden")).to_have_count(0)
    expect(bob.locator(".plan-name", has_text="First")).to_be_visible()
    assert bob.url.endswith(TEAM) and stayed(bob)
    expect(bob.locator("#pp-q")).to_have_value(re.compile("^is:published ?$"))


def test_a_burst_is_one_look_and_another_when_the_pause_is_over(look, quiet):
    bob = opened(look, "bob")
    found, began = asked(bob), time.monotonic()
    publish(quiet, "Alone")
    expect(bob.locator(".plan-name", has_text="Alone")).to_be_visible()
    for number in range(5):
        publish(quiet, f"Burst-{number}")
    expect(bob.locator(".plan-name", has_text="Burst-4")).to_be_visible()
    assert 1 <= len(found) <= 1 + (time.monotonic() - began) // 5


def test_while_rows_are_selected_a_bar_says_what_changed(look, quiet):
    bob = opened(look, "bob")
    bob.locator("#list input[name=id]").first.check()
    publish(quiet, "Second")
    expect(bob.locator("#pp-changed")).to_contain_text("1 plan changed.")
    expect(bob.locator(".plan-name")).to_have_count(1)
    bob.locator("#pp-refresh-list").press("Enter")
    expect(bob.locator(".plan-name")).to_have_count(2)
    expect(bob.locator("#pp-current")).to_be_focused()
    expect(bob.locator("#list input:checked")).to_have_count(1)
    assert stayed(bob) and bob.url.endswith(TEAM)


@pytest.fixture
def late(look: Visit, quiet: Server) -> tuple[Any, Callable[[], None]]:
    """Bob's page, whose list is on its way with one plan more; it comes when that is called."""
    bob, held = opened(look, "bob"), []
    bob.route("**/dashboard/updates?**", lambda route: held.append(route))
    with bob.expect_request("**/dashboard/updates?**"):
        publish(quiet, "Second")

    def arrive() -> None:
        with bob.expect_response("**/dashboard/updates?**"):
            held[0].continue_()
        bob.evaluate("() => new Promise((done) => setTimeout(done))")  # and is put in its place

    return bob, arrive


def test_what_is_typed_meanwhile_wins(late):
    bob, arrive = late
    bob.locator("#pp-q").press("End")
    bob.locator("#pp-q").press_sequentially(" nothing")
    typed = bob.locator("#pp-q").input_value()
    expect(bob.locator(".plan-name")).to_have_count(0)
    arrive()
    expect(bob.locator(".plan-name")).to_have_count(0)
    expect(bob.locator("#pp-q")).to_be_focused()
    expect(bob.locator("#pp-q")).to_have_value(typed)


def test_what_is_selected_meanwhile_stays(late):
    bob, arrive = late
    bob.locator("#list input[name=id]").check()
    arrive()
    expect(bob.locator(".plan-name")).to_have_count(1)
    expect(bob.locator("#list input[name=id]")).to_be_checked()


def test_the_focus_stays_in_the_list(look, quiet):
    bob = opened(look, "bob")
    link = bob.locator(".plan-name", has_text="First")
    link.focus()
    publish(quiet, "Second")
    expect(bob.locator(".plan-name")).to_have_count(2)
    expect(link).to_be_focused()


def test_back_and_forward_find_a_list_that_lives(look, quiet):
    bob = opened(look, "bob")
    bob.locator(".plan-name").click()
    bob.wait_for_url("**/p/first")
    with bob.expect_response(re.compile("/events")):
        bob.go_back()
    expect(bob.locator(".plan-name")).to_have_count(1)
    publish(quiet, "Second")
    expect(bob.locator(".plan-name")).to_have_count(2)
    assert bob.url.endswith(TEAM)


@pytest.mark.parametrize("at", ["/settings/profile", "/p/second", "/notices"])
def test_the_bell_rings_on_every_page(look, quiet, at):
    publish(quiet, "Second")
    alice = opened(look, "alice", at)
    expect(alice.locator("#pp-bell")).to_have_accessible_name("No unread notices")
    alice.locator("#pp-bell").focus()
    where = {"anchor": "intro", "body": "Why?"}
    assert quiet.api("bob", "POST", "/api/plans/first/threads", json=where).status_code == 201
    expect(alice.locator("#pp-bell")).to_have_accessible_name("1 unread notice")
    expect(alice.locator("#pp-bell .count")).to_have_text("1")
    expect(alice.locator("#announce")).to_have_text("1 unread notice")
    expect(alice.locator("#pp-bell")).to_be_focused()
    current = alice.locator("#pp-bell").get_attribute("aria-current")
    assert current == ("page" if at == "/notices" else None) and stayed(alice)


def test_who_is_signed_out_elsewhere_is_told_and_keeps_their_words(look, quiet):
    alice = opened(look, "alice", "/settings/profile", expect=["401"])
    with quiet.app.app_context():
        person("alice").sign_out_everywhere(by=None)
        commit()
    expect(alice.locator("#banner")).to_contain_text("You are signed out.")
    assert stayed(alice)


def test_the_longest_query_fits_into_an_address(visitor: Callable[[str], Visitor]) -> None:
    alice, page = visitor("alice"), "/dashboard?" + urlencode({"q": "漢" * 500})
    assert alice.get(page).status_code == 200
    assert alice.get("/dashboard/updates?" + urlencode({"at": page})).status_code == 200
