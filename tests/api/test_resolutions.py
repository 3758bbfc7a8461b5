"""Resolutions by programs: people settle threads, unless an admin lets agents, too."""

import pytest

from tests.conftest import code, invite


@pytest.fixture
def settle(agent, thread):
    def send(name, method="POST", **options):
        return agent(name, method, f"/api/threads/{thread}/resolution", **options)

    return send


@pytest.fixture
def allowed(browser):
    data = {"agents_may_resolve": "on"}
    answer = browser("ada").send("PATCH", "/admin/settings/agents", data, htmx=False)
    assert answer.status_code == 303, answer.text


def state(agent, plan):
    return agent("bob", "GET", f"/api/plans/{plan}/threads?state=all").json["threads"][0]["state"]


def test_an_agent_may_not_resolve_or_reopen(settle, agent, browser, plan, thread):
    for name in ("alice", "bob", "ada"):
        refused = settle(name)
        assert (refused.status_code, code(refused)) == (403, "agent_may_not_resolve"), name
    assert state(agent, plan) == "open"
    browser("bob").send("POST", f"/p/{plan}/threads/{thread}/resolution")
    assert code(settle("bob", "DELETE")) == "agent_may_not_resolve"
    assert state(agent, plan) == "resolved"


def test_a_stranger_learns_nothing(settle, agent):
    for method in ("POST", "DELETE"):
        absent = agent("charlie", method, "/api/threads/999/resolution")
        hidden = settle("charlie", method)
        assert (hidden.status_code, hidden.json) == (404, absent.json)


def test_where_an_admin_allows_it_it_is_as_for_people(allowed, settle, app, agent, plan):
    invite(app, plan, "charlie")
    assert code(settle("charlie")) == "forbidden"
    done = settle("bob")
    assert (done.status_code, done.json["state"]) == (201, "resolved")
    assert settle("charlie", "DELETE").json["state"] == "open"
    assert settle("alice").status_code == 201 and state(agent, plan) == "resolved"


def test_it_takes_the_scope_for_comments(allowed, settle):
    for method in ("POST", "DELETE"):
        assert code(settle("bob", method, scopes=["plans:read"])) == "insufficient_scope"
