"""Notices in a browser: the bell follows, the focus stays, and a phone is enough."""

import re

import pytest
from playwright.sync_api import expect

from tests.system.conftest import document

pytestmark = pytest.mark.browser


@pytest.fixture
def plan(server, request):
    """The address of a published plan of alice's that bob wrote on, and his thread."""
    slug = f"told-{abs(hash(request.node.name)) % 10**6}"
    server.push(document("Tokens"), f"slug={slug}&title=Told&visibility=published")
    for body in ("One", "Two"):
        where = {"anchor": "intro", "body": body}
        server.api("bob", "POST", f"/api/plans/{slug}/threads", json=where)
    return slug, server.threads(slug)[-1]["id"]


def test_a_notice_leads_to_its_thread_and_the_bell_follows(visit, plan):
    slug, thread = plan
    page = visit("alice", at="/notices")
    row = page.locator(".notice.unread").first
    number = row.get_attribute("id")
    row.get_by_role("link").click()
    page.wait_for_url(f"**/p/{slug}?thread={thread}#t{thread}")
    expect(page.locator(f"#t{thread}")).to_be_in_viewport()
    page.locator("#pp-bell").click()
    page.wait_for_url("**/notices")  # until it is loaded: before that a form is sent as any other
    expect(page.locator(f"#{number}")).to_be_visible()
    expect(page.locator(f"#{number}.unread")).to_have_count(0)
    page.locator("#pp-read-all").press("Enter")
    expect(page.locator("#pp-bell")).to_have_accessible_name("No unread notices")
    expect(page.locator("#pp-read-all")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("All read.")


def test_a_plan_is_muted_from_its_menu_with_the_keyboard(visit, plan):
    page = visit("bob", at=f"/p/{plan[0]}", viewport={"width": 390, "height": 800})
    page.locator("#pp-more").press("Enter")
    for said in ("Unmute", "Mute"):
        page.locator("#pp-hush").press("Enter")
        expect(page.locator("#pp-hush .grow")).to_have_text(re.compile(f"^{said}"))
        expect(page.locator("#pp-hush")).to_be_focused()


def test_a_preset_ticks_the_boxes_at_once(visit):
    page = visit("charlie", at="/settings/notifications")
    page.locator("#pp-preset-mentions").click()
    expect(page.locator("#pp-turn-app")).not_to_be_checked()
    expect(page.locator("#pp-preset-mentions")).to_be_focused()
    page.locator("#pp-version-slack").check()
    with page.expect_response("**/settings/notifications"):
        page.locator("#pp-notify-save").press("Enter")
    expect(page.locator("#announce")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#pp-version-slack")).to_be_checked()
