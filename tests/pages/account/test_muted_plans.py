"""Mutes: from the plan's menu, from a notice, from the settings; by whoever sees the plan."""

import re

import pytest


def muted(browser, name):
    page = browser(name).get("/settings/notifications").text
    return "/mute?_method=DELETE" in page


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(
    ("page", "place"),
    [("", "/p/auth"), ("notices", "/notices"), ("settings", "/settings/notifications#pp-muted")],
)
def test_every_place_mutes_and_unmutes(browser, plan, thread, htmx, page, place):
    bob, path = browser("bob"), f"/p/{plan}/mute"
    for method, status, stays in (("POST", 201, True), ("DELETE", 200, False)):
        plain = path if method == "POST" else f"{path}?_method=DELETE"
        verb, where = (method, path) if htmx else ("POST", plain)
        answer = bob.send(verb, where, {"from": page}, htmx=htmx)
        if htmx:
            assert answer.status_code == status and "<html" not in answer.text
            assert 'hx-target="#announce"' in answer.text
        else:
            assert (answer.status_code, answer.location) == (303, place)
        assert muted(browser, "bob") == stays


def test_the_page_says_whether_it_is_muted(browser, plan):
    bob = browser("bob")
    before = bob.get(f"/p/{plan}")
    assert f'hx-post="/p/{plan}/mute"' in before.text
    assert f'hx-delete="/p/{plan}/mute"' in bob.send("POST", f"/p/{plan}/mute").text
    etag = {"If-None-Match": before.headers["ETag"]}
    assert f'hx-delete="/p/{plan}/mute"' in bob.get(f"/p/{plan}", headers=etag).text


def test_a_muted_plan_is_quiet_but_for_mentions(browser, plan, thread):
    bob, alice = browser("bob"), browser("alice")
    bob.send("POST", f"/p/{plan}/mute")
    reply = f"/p/{plan}/threads/{thread}/comments"
    alice.send("POST", reply, {"body": "A reply"})
    assert "Nothing to read." in bob.get("/notices").text
    alice.send("POST", reply, {"body": "@Bob?"})
    page = bob.get("/notices").text
    assert "mentioned you on" in page and "A reply" not in page
    assert 'aria-label="Unmute Auth"' in page


def test_muting_twice_is_muting_once(browser, plan):
    bob = browser("bob")
    answers = [
        bob.send(method, f"/p/{plan}/mute") for method in ("POST", "POST", "DELETE", "DELETE")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_charlie_gets_404(browser, plan, method, stored):
    charlie, before = browser("charlie"), stored("rate_limits", "browser_sessions")
    for page in ("", "notices", "settings"):
        assert charlie.send(method, f"/p/{plan}/mute", {"from": page}).status_code == 404
    assert stored("rate_limits", "browser_sessions") == before


def test_a_muted_plan_that_is_private_again_is_not_named(browser, plan):
    alice, charlie = browser("alice"), browser("charlie")
    alice.send("POST", f"/p/{plan}/publication")
    charlie.send("POST", f"/p/{plan}/mute")
    assert muted(browser, "charlie")
    alice.send("DELETE", f"/p/{plan}/publication")
    page = charlie.get("/settings/notifications").text
    assert plan not in page and "Auth" not in page


def test_unmuting_in_the_settings_leaves_a_place_for_the_focus(browser, plan):
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/mute")
    button = re.search(r'id="(pp-unmute-\d+)"', alice.get("/settings/notifications").text)[1]
    answer = alice.send("DELETE", f"/p/{plan}/mute", {"from": "settings"})
    assert f'id="{button}" tabindex="-1"' in answer.text and "hear of this plan" in answer.text
