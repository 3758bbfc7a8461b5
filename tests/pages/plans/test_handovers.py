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


def test_htmx_is_sent_on_as_well(browser, address):
    answer = browser("ada").send("POST", address, BOB)
    assert (answer.status_code, answer.headers["HX-Redirect"][:11]) == (200, "/dashboard?")


@pytest.mark.parametrize("name", ["alice", "bob", "charlie"])
def test_nobody_else_learns_that_the_address_exists(browser, address, name):
    somebody = browser(name)
    for method, htmx in (("GET", True), ("GET", False), ("POST", True), ("POST", False)):
        hidden = somebody.send(method, address, BOB if method == "POST" else None, htmx=htmx)
        absent = somebody.send(method, "/admin/nothing", htmx=htmx)
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text == absent.text


@pytest.mark.parametrize("typed", ["nobody@example.com", "", "alice@example.com"])
def test_whom_it_cannot_go_to_comes_back_in_the_form(browser, address, typed, stored):
    ada = browser("ada")
    before = stored("rate_limits", "browser_sessions", "events")
    answer = ada.send("POST", address, {"email": typed}, htmx=False)
    assert answer.status_code == 422 and f'value="{typed}"' in answer.text
    assert stored("rate_limits", "browser_sessions", "events") == before


def test_a_person_who_is_not_there_is_404(browser, plan):
    assert browser("ada").get("/admin/members/99999/owner").status_code == 404
