"""Nobody else's page makes a signed-in browser do something, on any route."""

import pytest

from tests.conftest import MUTATIONS, address, for_browsers, routes
from tests.people import HTMX, SAME_ORIGIN, Browser

OURS, EVIL = "http://localhost", "https://evil.example"


def sent(site=None, origin=None, **more):
    """What a browser says of where a request comes from."""
    told = {"Sec-Fetch-Site": site, "Origin": origin, "Referer": more.pop("referer", None), **more}
    return {name: value for name, value in told.items() if value is not None}


ACCEPTED = {
    "Chromium and Firefox, a form or htmx": sent("same-origin", OURS),
    "Chromium, a form that a person sent again": sent("none", OURS),
    "an old browser, or plain HTTP: no Sec-Fetch-Site": sent(None, OURS),
    "no Origin": sent("same-origin"),
    "Firefox, a form": sent("same-origin", OURS, **{"Sec-Fetch-Mode": "navigate"}),
    "with a referrer of ours": sent("same-origin", OURS, referer=f"{OURS}/p/auth"),
}
FORGED = {
    "Chromium, a form of another site": sent("cross-site", EVIL),
    "Chromium, a form of a page without an origin": sent("cross-site", "null"),
    "Chromium, a script of another site": sent("cross-site", EVIL, **{"Sec-Fetch-Mode": "no-cors"}),
    "Chromium, a page on a sister domain": sent("same-site", "http://other.localhost"),
    "Chromium, another port of this host": sent("same-site", "http://localhost:8000"),
    "Firefox, a form of another site": sent("cross-site", EVIL, **{"Sec-Fetch-Mode": "navigate"}),
    "Firefox, a sandboxed frame": sent("cross-site", "null", **{"Sec-Fetch-Dest": "iframe"}),
    "an old browser, a form of another site": sent(None, EVIL),
    "an old browser, a page without an origin": sent(None, "null"),
    "an old browser, another scheme": sent(None, "https://localhost"),
    "an old browser, ours within its name": sent(None, "http://localhost.evil.example"),
    "an origin that is no origin": sent(None, "localhost"),
    "only a referrer of ours": sent(referer=f"{OURS}/p/auth"),
    "a plain HTTP client that says nothing": sent(),
    "the headers contradict each other": sent("same-origin", EVIL),
    "a value that nobody sends": sent("Same-Origin", OURS),
    "an empty value": sent("", OURS),
}


def mutations(app):
    return [(method, rule) for method, rule in routes(app, MUTATIONS) if for_browsers(rule)]


def test_at_least_twenty_combinations_of_headers_are_tried():
    assert len(ACCEPTED) + len(FORGED) >= 20


@pytest.mark.parametrize("forgery", FORGED)
def test_7_a_forgery_is_refused_and_changes_nothing(browser, plan, stored, forgery):
    alice, before = browser("alice"), stored()
    for more in ({}, HTMX):
        for path in (f"/p/{plan}/publication", f"/p/{plan}/publication?_method=DELETE"):
            answer = alice.client.post(path, headers=FORGED[forgery] | more)
            assert answer.status_code == 403, path
    assert stored() == before
    assert alice.get("/dashboard").status_code == 200


@pytest.mark.parametrize("own", ACCEPTED)
def test_7_our_own_forms_get_through(browser, plan, own):
    answer = browser("alice").client.post(f"/p/{plan}/publication", headers=ACCEPTED[own])
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "name", ["a plain HTTP client that says nothing", "an old browser, a form of another site"]
)
def test_7_every_route_refuses(app, browser, plan, thread, stored, name):
    alice, before = browser("alice"), stored()
    for method, rule in mutations(app):
        path = address(rule, slug=plan, thread_id=thread)
        answer = alice.client.open(path, method=method, data={"body": "F"}, headers=FORGED[name])
        assert answer.status_code == 403, (method, rule)
    assert len(mutations(app)) >= 8
    assert stored() == before


def test_7_every_route_lets_our_own_pages_through(app, browser, plan, thread):
    for method, rule in mutations(app):
        path = address(rule, slug=plan, thread_id=thread)
        who = "bob" if "comment_id" in path else "alice"
        answer = browser(who).send(method, path, {"body": "Meant"})
        assert answer.status_code < 500, (method, rule)
        assert "was not sent from" not in answer.text, (method, rule)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (sent("cross-site", EVIL), "This form was not sent from http://localhost."),
        (sent(), "Your browser didn&#39;t say which site sent this request."),
    ],
)
def test_the_refusal_says_what_to_do(browser, plan, headers, words):
    answer = browser("alice").client.post(f"/p/{plan}/publication", headers=headers)
    assert answer.status_code == 403 and words in answer.text


def test_a_get_never_stands_for_another_method(browser, plan, stored):
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/publication")
    before = stored()
    assert alice.send("GET", f"/p/{plan}/publication?_method=DELETE").status_code == 405
    assert stored() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "TRACE", "delete\r\n", "", "CONNECT"])
def test_a_form_stands_only_for_patch_and_delete(browser, plan, method):
    path, alice = f"/p/{plan}/publication", browser("alice")
    answer = alice.send("POST", path, {}, htmx=False, **{"X-HTTP-Method": "PUT"})
    asked = {"_method": method}
    again = alice.client.post(path, query_string=asked, headers=SAME_ORIGIN)
    assert (answer.status_code, again.status_code) == (303, 303)


def test_8_a_bearer_token_may_come_from_anywhere(agent):
    answer = agent("alice", "POST", "/api/push", headers={"Origin": "https://x.example"}, json={})
    assert answer.status_code in (400, 422)


def test_the_same_page_is_the_same_bytes(app, plan):
    alice = Browser(app, "alice")
    first, again = (alice.get("/dashboard").data for _ in range(2))
    assert first == again
