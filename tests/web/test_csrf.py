"""Nobody else's page makes a signed-in browser do something: seven forgeries on every route."""

import pytest

from tests.conftest import MUTATIONS, address, for_browsers, routes
from tests.people import Browser

FORGERIES = {
    "no token": {"X-CSRF-Token": ""},
    "wrong token": {"X-CSRF-Token": "0" * 64},
    "token of another session": {"X-CSRF-Token": "OTHER"},
    "foreign origin": {"Origin": "https://evil.example"},
    "null origin": {"Origin": "null"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
}


def mutations(app):
    return [(method, rule) for method, rule in routes(app, MUTATIONS) if for_browsers(rule)]


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("htmx", [True, False])
def test_7_a_forgery_is_refused_on_every_route_and_changes_nothing(
    app, browser, plan, thread, stored, forgery, htmx
):
    alice = browser("alice")
    other = browser("alice").csrf
    headers = {name: value.replace("OTHER", other) for name, value in FORGERIES[forgery].items()}
    before = stored()
    for method, rule in mutations(app):
        path = address(rule, slug=plan, thread_id=thread)
        answer = alice.send(method, path, {"body": "Forged"}, htmx=htmx, **headers)
        assert answer.status_code == 403, (method, rule)
    assert len(mutations(app)) >= 8
    assert stored() == before
    assert alice.get("/dashboard").status_code == 200


@pytest.mark.parametrize(
    "own", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_7_the_sites_own_forms_get_through(app, browser, plan, thread, own):
    for method, rule in mutations(app):
        path = address(rule, slug=plan, thread_id=thread)
        answer = browser("bob" if "comment_id" in path else "alice").send(
            method, path, {"body": "Meant"}, **own
        )
        assert answer.status_code < 500, (method, rule)
        assert "was not sent from this site" not in answer.text, (method, rule)


def test_7_the_token_may_come_as_a_field(browser, plan):
    bob = browser("bob")
    form = {"body": "Hello", "csrf_token": bob.csrf}
    answer = bob.client.post(f"/p/{plan}/threads", data=form)
    assert answer.status_code == 303


def test_7_the_token_in_the_query_does_not_count(browser, plan):
    bob = browser("bob")
    answer = bob.client.post(f"/p/{plan}/threads?csrf_token={bob.csrf}", data={"body": "Hello"})
    assert answer.status_code == 403


def test_7_a_form_that_stands_for_delete_is_checked_too(browser, plan, stored):
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/publication")
    before = stored()
    assert alice.client.post(f"/p/{plan}/publication?_method=DELETE").status_code == 403
    assert stored() == before


def test_a_get_never_stands_for_another_method(browser, plan, stored):
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/publication")
    before = stored()
    assert alice.send("GET", f"/p/{plan}/publication?_method=DELETE").status_code == 405
    assert stored() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "TRACE", "delete\r\n", "", "CONNECT"])
def test_a_form_stands_only_for_patch_and_delete(browser, plan, method):
    alice = browser("alice")
    answer = alice.send(
        "POST", f"/p/{plan}/publication", {}, htmx=False, **{"X-HTTP-Method": "PUT"}
    )
    again = alice.client.post(
        f"/p/{plan}/publication",
        query_string={"_method": method},
        headers={"X-CSRF-Token": alice.csrf},
    )
    assert (answer.status_code, again.status_code) == (303, 303)


def test_8_a_bearer_token_needs_no_csrf_token(agent, plan):
    answer = agent("alice", "POST", "/api/push", headers={"Origin": "https://x.example"}, json={})
    assert answer.status_code in (400, 422)


def test_the_token_survives_a_rotation_of_the_secret_key(app, another):
    alice = Browser(app, "alice")
    rotated = another(secret_keys=("n" * 40, "k" * 40))
    cookie = alice.client.get_cookie("planpush").value
    client = rotated.test_client()
    client.set_cookie("planpush", cookie)
    answer = client.post("/sign-out", headers={"X-CSRF-Token": alice.csrf})
    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["\udcff", "ü" * 64, "x" * 10_000])
def test_a_strange_token_is_just_wrong(browser, plan, token):
    alice = browser("alice")
    form = {"csrf_token": token.encode("utf-8", "surrogateescape")}
    assert alice.client.post(f"/p/{plan}/publication", data=form).status_code == 403
