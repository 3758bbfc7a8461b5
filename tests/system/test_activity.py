"""Activity in a browser: older ones come as one scrolls, a plan is muted from its row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server, Visitor

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
MANY = 45


@pytest.fixture
def talk(server: Server) -> str:
    """A published plan that bob wrote much on."""
    slug = server.push(document("Tokens"), "title=Talk&visibility=published").json()["plan"]
    bob = Visitor(server, "bob")
    for number in range(MANY):
        bob.post(f"/p/{slug}/threads", body=f"Remark {number} on {slug}.")
    bob.http.close()
    return slug


def test_older_ones_come_as_one_scrolls(visit: Callable[..., Any], talk: str) -> None:
    page = visit("bob", at="/activity?show=mine")
    rows = page.locator(".moment")
    expect(rows).to_have_count(30)
    page.locator("#pp-older").scroll_into_view_if_needed()
    expect(page.get_by_text(f"Remark 0 on {talk}.")).to_have_count(1)
    said = re.findall(rf"Remark (\d+) on {talk}\.", page.locator("#activity").inner_text())
    assert [int(number) for number in said] == list(reversed(range(MANY)))
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert page.url.endswith("/activity?show=mine")


def test_a_plan_is_muted_from_its_row(visit: Callable[..., Any], talk: str) -> None:
    page = visit("pam", at="/activity")
    button = page.locator(".moment").first.get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-label", "Unmute Talk")
    expect(button).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Muted:")
    page.reload()
    expect(page.get_by_text(f"Remark 0 on {talk}.")).to_have_count(0)
