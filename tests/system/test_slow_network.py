"""A slow network: each wait is seen, nothing is sent twice, what was typed outlives a lost one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
LINE = "() => getComputedStyle(document.body, '::before').content"
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
CUT = ("INTERNET_DISCONNECTED", "Failed to fetch")


@contextmanager
def waiting(page: Any, answer: str) -> Iterator[list[Any]]:
    """Keep back what is sent to an address until the block ends; the wait has to be seen there."""
    held: list[Any] = []
    page.route(re.compile(answer), lambda route: held.append(route))
    yield held
    seen(page, True)
    page.wait_for_timeout(100)  # for a second one that the first click would not have kept away
    assert len(held) == 1, [one.request.url for one in held]
    held[0].continue_()
    page.unroute(re.compile(answer))
    seen(page, False)


def seen(page: Any, is_there: bool) -> None:
    """Wait until the line of a wait is there, or is not."""
    for _ in range(600):
        if (page.evaluate(LINE) != "none") == is_there:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the line {'never comes' if is_there else 'stays'}")


def faint(button: Any) -> None:
    expect(button).not_to_have_css("opacity", "1")


def test_each_wait_is_seen_and_two_clicks_send_once(
    server: Server, visit: Visit, plan: str
) -> None:
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    page = visit("bob", at=f"/p/{plan}")
    with waiting(page, "/threads/new"):
        page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Once")
    with waiting(page, "/threads$"):
        page.locator("#pp-new-send").dblclick()
        faint(page.locator("#pp-new-send"))
    card = page.locator("#threads .thread")
    expect(card).to_have_count(1)
    card.locator("details.reply > summary").click()
    card.locator("textarea").fill("Once more")
    with waiting(page, "/threads/[0-9]+/comments$"):
        card.get_by_role("button", name="Reply", exact=True).dblclick()
        faint(card.get_by_role("button", name="Reply", exact=True))
    expect(card.locator(".cm")).to_have_count(2)
    page.locator("#pp-versions").click()
    with waiting(page, "/document"):
        page.locator(".pop a[href$='v=1']").first.click()
    expect(page.locator("#pp-doc")).to_have_attribute("data-version", "1")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    assert [len(one["comments"]) for one in server.threads(plan)] == [2]


def test_a_search_shows_its_wait_and_what_the_page_asks_by_itself_does_not(
    visit: Visit, plan: str
) -> None:
    page = visit("bob", at="/dashboard?q=")
    with waiting(page, "/dashboard/plans"):
        page.locator("#pp-q").fill(plan)
    expect(page.locator("a.plan-name")).to_have_count(1)
    page.goto(f"{page.url.partition('/dashboard')[0]}/p/{plan}")
    held: list[Any] = []
    page.route("**/viewers", lambda route: held.append(route))
    page.evaluate("() => htmx.trigger(document.getElementById('live'), 'presence')")
    expect(page.locator("#pp-viewers.htmx-request")).to_have_count(1)
    assert page.evaluate(LINE) == "none"
    for one in held:
        one.continue_()


def test_a_comment_outlives_a_network_that_goes_and_comes(
    server: Server, visit: Visit, plan: str
) -> None:
    page = visit("bob", at=f"/p/{plan}", expect=CUT)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW)
    page.locator("#pp-plus-intro").click()
    field, saved = page.locator("#pp-new-body"), page.locator("#comments .saved")
    field.press_sequentially("Half a")
    wire.send("Network.emulateNetworkConditions", SLOW | {"offline": True})
    field.press_sequentially(" thought")
    expect(saved).to_have_text("Not saved yet: trying again")
    page.locator("#pp-new-send").click()
    expect(page.locator("#banner")).to_contain_text("What you typed is still here: try again.")
    expect(field).to_have_value("Half a thought")
    assert server.threads(plan) == []
    wire.send("Network.emulateNetworkConditions", SLOW)
    expect(saved).to_have_text("Draft saved")
    page.locator("#pp-new-send").dblclick()
    expect(page.locator("#threads .thread")).to_contain_text("Half a thought")
    expect(page.locator("#banner")).to_be_hidden()
    assert len(server.threads(plan)) == 1


def test_a_menu_stays_open_when_others_act(server: Server, visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    page.locator("#pp-versions").click()
    with page.expect_response(re.compile("/threads/live")) as told:
        body = {"anchor": "intro", "body": "From elsewhere"}
        server.api("alice", "POST", f"/api/plans/{plan}/threads", json=body)
    told.value.finished()
    expect(page.locator("#threads .thread")).to_have_count(1)
    expect(page.locator("details.menu[open]")).to_have_count(1)
