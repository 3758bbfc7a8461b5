"""Versions in a browser: the whole history by keyboard, going back to one, and who may push."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server


@pytest.fixture
def grown(server: Server, plan: str) -> str:
    """A plan of alice's in 23 versions."""
    for number in range(1, 23):
        told = f"plan={plan}&base_version={number}&message=Round+{number}"
        assert server.push(document(f"No. {number} tokens"), told).status_code == 201
    return plan


@pytest.mark.browser
def test_the_whole_history_is_read_by_keyboard_and_a_version_restored(
    visit: Any, grown: str
) -> None:
    page = visit("alice", at=f"/p/{grown}", viewport={"width": 390, "height": 800})
    page.locator("#pp-versions").press("Enter")
    page.locator("#pp-all-versions").press("Enter")
    page.locator("#pp-older").press("Enter")
    page.locator("#pp-read-3:focus").wait_for()
    assert page.locator(".version").count() == 23
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    page.keyboard.press("Enter")
    page.locator("#pp-restore").press("Enter")
    page.locator("#pp-restore").press("Enter")
    page.wait_for_url(f"**/p/{grown}")
    assert "No. 2 tokens" in page.locator("#pp-doc").inner_text()
    assert "v24" in page.locator("#pp-versions").inner_text()


@pytest.mark.browser
def test_an_editor_is_added_and_taken_away_and_focus_stays_at_hand(visit: Any, plan: str) -> None:
    page = visit("alice", at=f"/p/{plan}/editors")
    page.locator("#pp-whom").fill("charlie@example.com")
    page.locator("#pp-whom").press("Enter")
    said = page.locator("#announce")
    said.get_by_text("Charlie may push to this plan now.").wait_for(state="attached")
    page.get_by_label("Take away Charlie").press("Enter")
    said.get_by_text("Charlie may push no more.").wait_for(state="attached")
    page.locator("#pp-whom:focus").wait_for()
    assert page.locator("#pp-editors .seat").count() == 1
