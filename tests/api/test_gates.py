"""The gate: is a plan clear to build?"""

import pytest

from tests.conftest import code, fields, invite, piece

APPROVE = {"decision": "approve"}
OBJECT = {"decision": "request_changes", "note": "Longer."}


@pytest.fixture
def plan(app, plan, sql):
    """A private plan of alice's that bob may see because he edits it: nobody was asked."""
    sql("DELETE FROM members")
    invite(app, plan, "bob")
    return plan


@pytest.fixture
def gate(agent, plan):
    def ask(name="bob", **query):
        return agent(name, "GET", f"/api/plans/{plan}/gate", query_string=query)

    return ask


def reasons(answer):
    assert answer.status_code == 200, answer.text
    assert answer.json["state"] == ("blocked" if answer.json["reasons"] else "open")
    return [reason["code"] for reason in answer.json["reasons"]]


def test_it_is_open_with_nothing_in_the_way(gate, agent, plan, thread):
    told = gate().json
    outline = agent("bob", "GET", f"/api/plans/{plan}/outline").json
    assert told == {"state": "open", "version": 1, "digest": outline["digest"], "reasons": []}
    assert reasons(gate(version=1, digest=outline["digest"])) == []


def test_an_open_blocking_thread_is_in_the_way_until_it_is_resolved(gate, agent, browser, plan):
    body = {"body": "Not like this.", "blocking": True}
    made = agent("bob", "POST", f"/api/plans/{plan}/threads", json=body).json
    assert reasons(gate()) == ["blocking_threads", "unanswered_threads"]
    assert [one["threads"] for one in gate().json["reasons"]] == [[made["id"]], [made["id"]]]
    said = {"status": "declined", "note": "No."}
    assert agent("alice", "POST", f"/api/threads/{made['id']}/answer", json=said).status_code == 200
    assert reasons(gate()) == ["blocking_threads"]
    path = f"/p/{plan}/threads/{made['id']}/resolution"
    browser("bob").send("POST", path)
    assert reasons(gate()) == []
    browser("alice").send("DELETE", path)
    assert reasons(gate()) == ["blocking_threads"]


@pytest.mark.parametrize("field", ["version", "digest"])
def test_a_wrong_form_is_named(gate, field):
    refused = gate(**{field: "-1"})
    assert (refused.status_code, fields(refused)) == (400, [field])
    unknown = gate(versoin=1)
    assert (unknown.status_code, fields(unknown)) == (400, ["versoin"])


def test_strangers_do_not_learn_of_it(gate, agent, plan):
    assert gate("charlie").status_code == 404
    refused = agent("bob", "GET", f"/api/plans/{plan}/gate", scopes=["comments:write"])
    assert code(refused) == "insufficient_scope"


def test_who_was_asked_is_waited_for_on_each_version(gate, browser, push, plan):
    ask, word = f"/p/{plan}/reviewers", f"/p/{plan}/sign-off"
    for name in ("charlie", "pam"):
        browser("alice").send("POST", ask, {"email": f"{name}@example.com"})
    assert reasons(gate()) == ["review_missing"]
    assert gate().json["reasons"][0]["message"] == (
        "Charlie and Pam did not review this version yet."
    )
    browser("pam").send("POST", word, APPROVE)
    assert reasons(gate()) == ["review_missing"]
    browser("charlie").send("POST", word, APPROVE)
    assert reasons(gate()) == []
    push("alice", [piece("intro")], plan=plan, base_version=1)
    assert reasons(gate()) == ["review_outdated"]
    assert gate().json["reasons"][0]["message"] == (
        "Charlie and Pam reviewed what has changed since, and did not look again yet."
    )
    for name in ("charlie", "pam"):
        browser("alice").send("DELETE", ask, {"email": f"{name}@example.com"})
    assert reasons(gate()) == []


def test_who_asks_for_changes_is_in_the_way_although_nobody_asked_them(gate, browser, push, plan):
    bob, ada, word = browser("bob"), browser("ada"), f"/p/{plan}/sign-off"
    ada.send("POST", word, OBJECT)
    bob.send("POST", word, APPROVE)
    assert reasons(gate()) == ["changes_requested"]
    assert gate().json["reasons"][0]["message"].startswith("Ada asked for changes")
    ada.send("DELETE", word)
    assert reasons(gate()) == []
    ada.send("POST", word, OBJECT)
    push("alice", [piece("intro")], plan=plan, base_version=1)
    assert reasons(gate()) == []


def test_a_gate_for_another_version_says_nothing_of_the_newest(gate, agent, browser, push, plan):
    body = {"body": "Not like this.", "blocking": True}
    agent("bob", "POST", f"/api/plans/{plan}/threads", json=body)
    browser("bob").send("POST", f"/p/{plan}/sign-off", OBJECT)
    first = gate().json["digest"]
    push("alice", [piece("intro")], plan=plan, base_version=1)
    assert reasons(gate(version=1)) == ["not_newest_version"]
    assert reasons(gate(version=1, digest=first)) == ["not_newest_version", "not_newest_digest"]
    assert reasons(gate(version=2, digest=first)) == ["not_newest_digest"]
    assert "blocking_threads" in reasons(gate(version=2))


def test_who_was_asked_and_pushed_it_is_not_enough(app, gate, browser, push, plan):
    invite(app, plan, "pam")
    browser("alice").send("POST", f"/p/{plan}/reviewers", {"email": "pam@example.com"})
    push("pam", [piece("intro")], plan=plan, base_version=1)
    assert reasons(gate()) == ["review_missing"]
    told = "Pam pushed version 2: ask somebody else for a review."
    assert gate().json["reasons"][0]["message"] == told
    browser("bob").send("POST", f"/p/{plan}/sign-off", APPROVE)
    assert reasons(gate()) == []
