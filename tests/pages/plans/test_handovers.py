"""Handovers: a leaver's plans get another owner at once."""

import pytest

BOB = {"email": "bob@example.com"}


@pytest.fixture
def address(app, plan, push):
    push("alice", [{"anchor": "a", "html": "<h2>A</h2><p>Words.</p>"}], title="Second")
    from tests.people import person

    with app.app_context():
        return f"/admin/members/{person('alice').id}/owner"


@pytest.mark.parametrize("name", ["ada", "pam"])
def test_all_plans_go_to_another_person(browser, address, sql, name):
    sql("UPDATE users SET active = false WHERE email = 'alice@example.com'")
    somebody = browser(name)
    assert "owns 2 plans" in somebody.get(address).text
    answer = somebody.send("POST", address, BOB, htmx=False)
    assert (answer.status_code, answer.location) == (303, "/dashboard?q=author%3Abob%40example.com")
    page = somebody.get(answer.location).text
    assert "Auth" in page and "Second" in page
    assert "owns no plans" in somebody.get(address).text


def test_very_many_go_some_at_a_time(browser, address, monkeypatch):
    monkeypatch.setattr("planpush.plans.plan.MOST_HANDED", 1)
    ada = browser("ada")
    answer = ada.send("POST", address, BOB, htmx=False)
    assert answer.status_code == 200 and 'value="bob@example.com"' in answer.text
    assert "Handed over: 1. Left: 1. Go on." in answer.text
    assert ada.send("POST", address, BOB, htmx=False).status_code == 303
    assert "owns no plans" in ada.get(address).text


def test_nobody_else_learns_that_the_address_exists(browser, address):
    for name in ["alice", "bob", "charlie"]:
        somebody = browser(name)
        for method, htmx in (("GET", True), ("GET", False), ("POST", True), ("POST", False)):
            hidden = somebody.send(method, address, BOB if method == "POST" else None, htmx=htmx)
            absent = somebody.send(method, "/admin/nothing", htmx=htmx)
            assert (hidden.status_code, absent.status_code) == (404, 404), name
            assert hidden.text == absent.text


def test_whom_it_cannot_go_to_comes_back_in_the_form(browser, address, stored):
    for typed in ["nobody@example.com", "", "alice@example.com"]:
        ada = browser("ada")
        before = stored("rate_limits", "browser_sessions", "events")
        answer = ada.send("POST", address, {"email": typed}, htmx=False)
        assert answer.status_code == 422 and f'value="{typed}"' in answer.text, typed
        assert stored("rate_limits", "browser_sessions", "events") == before
