"""Somebody comes back to a plan: one line says what is new to them, and goes when they say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


@pytest.fixture
def back(visitor: Any, server: Server, plan: str) -> str:
    """A plan that bob saw once; since then its intro changed and alice opened a thread."""
    visitor("bob").get(f"/p/{plan}")
    server.push(document("Sessions"), f"plan={plan}&base_version=1")
    visitor("alice").post(f"/p/{plan}/threads", body="Since when?", anchor="data")
    return plan


def test_by_keyboard_it_is_seen_and_everything_goes(visit: Visit, back: str) -> None:
    page = visit("bob", at=f"/p/{back}")
    line = page.locator("#pp-line")
    for _ in range(2):
        expect(line).to_contain_text("1 section changed, 1 thread since v1.")
        expect(page.locator(".pp-changed-mark")).to_have_text(["Changed since v1"])
        expect(page.locator("#pp-contents .chg")).to_have_count(1)
        expect(page.locator(".thread .news")).to_have_count(1)
        page.reload()
    page.locator("#pp-see").focus()
    page.keyboard.press("Enter")
    expect(line).to_have_count(0)
    expect(page.locator(".pp-changed-mark, .chg, .news")).to_have_count(0)
    expect(page.locator("#announce")).to_have_text("Marked as seen: version 2.")
    expect(page.locator("#pp-saw")).to_be_focused()
    page.reload()
    expect(page.locator("#pp-doc")).to_contain_text("Sessions")
    expect(page.locator("#pp-line, #pp-saw, .pp-changed-mark")).to_have_count(0)


def test_what_is_pushed_meanwhile_is_told_after_it(visit: Visit, server: Server, back: str) -> None:
    page = visit("bob", at=f"/p/{back}")
    server.push(document("Keys"), f"plan={back}&base_version=2")
    expect(page.locator("#pp-update")).to_contain_text("v3 was pushed")
    compare = page.locator("#pp-bring-compare")
    expect(compare).to_have_attribute("href", f"/p/{back}/compare?from=2&to=3&only=1")
    page.locator("#pp-see").click()
    expect(page.locator("#pp-saw")).to_have_text("You have seen v2.")
    page.locator("#pp-bring").click()
    expect(page.locator("#pp-line")).to_contain_text("1 section changed since v2.")
    expect(page.locator("#s-intro .pp-changed-mark")).to_have_text("Changed since v2")


def test_marks_follow_the_version_that_is_swapped_in(visit: Visit, back: str) -> None:
    page = visit("bob", at=f"/p/{back}")
    for version, marks in ((1, 0), (2, 1)):
        page.locator("#pp-versions").click()
        page.locator(f".pop a[hx-get$='v={version}']").click()
        expect(page.locator("#pp-doc")).to_have_attribute("data-version", str(version))
        expect(page.locator(".pp-changed-mark")).to_have_count(marks)
        expect(page.locator("#pp-line")).to_have_count(marks)


def test_the_threads_are_one_press_away(visit: Visit, visitor: Any, back: str) -> None:
    visitor("bob").post(f"/p/{back}/threads", body="My own.")
    page = visit("bob", at=f"/p/{back}")
    expect(page.locator("#threads .thread")).to_have_count(2)
    page.locator("#pp-line-threads").click()
    expect(page.locator("#threads .thread")).to_have_count(1)
    expect(page.locator("#pp-chip-new")).to_contain_text("New since you last looked")
    page.locator("#pp-see").click()
    expect(page.locator("#threads .thread")).to_have_count(2)
    expect(page.locator("#pp-chip-new")).to_have_count(0)


def test_on_a_phone_they_open_in_the_sheet(visit: Visit, back: str) -> None:
    page = visit("bob", at=f"/p/{back}", viewport={"width": 390, "height": 800})
    page.locator("#pp-line-sheet").click()
    expect(page.locator("#comments")).to_be_visible()
    expect(page.locator("#pp-chip-new")).to_be_visible()
    expect(page.locator("#threads .thread")).to_have_count(1)


def test_a_thread_that_arrives_is_counted_where_the_line_stands(
    visit: Visit, visitor: Any, back: str
) -> None:
    page = visit("bob", at=f"/p/{back}")
    page.wait_for_function("document.querySelector('#live')?.isConnected")
    visitor("alice").post(f"/p/{back}/threads", body="And then?", anchor="intro")
    expect(page.locator("#pp-line")).to_contain_text("2 threads since v1.")
    page.locator("#pp-see").click()
    expect(page.locator("#pp-saw")).to_be_focused()
    visitor("alice").post(f"/p/{back}/threads", body="Still?", anchor="intro")
    expect(page.locator(".thread .news")).to_have_count(1)
    expect(page.locator("#pp-line")).to_have_count(0)


def test_without_script(visit: Visit, back: str) -> None:
    page = visit("bob", at=f"/p/{back}", java_script_enabled=False)
    page.locator("#pp-line-threads").click()
    expect(page.locator("#threads .thread")).to_have_count(1)
    page.locator("#pp-see").click()
    expect(page.locator("#pp-line, .pp-changed-mark, .news")).to_have_count(0)
    expect(page.locator("#pp-doc")).to_contain_text("Sessions")
