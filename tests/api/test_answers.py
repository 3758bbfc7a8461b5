"""Answers by programs: what the author did, checked against the text."""

import pytest

from tests.conftest import code, fields, invite, piece


@pytest.fixture
def answer(agent, thread):
    def send(name="alice", status="applied", note="Done.", **options):
        sent = {"json": {"status": status, "note": note}} | options
        return agent(name, "POST", f"/api/threads/{thread}/answer", **sent)

    return send


def current(agent, plan):
    (found,) = agent("bob", "GET", f"/api/plans/{plan}/threads?state=all").json["threads"]
    return found["answer"]


def test_an_answer_comes_back_with_the_thread(answer, agent, browser, plan, thread):
    browser("bob").send("POST", f"/p/{plan}/threads", {"body": "And the rest?"})
    told = answer(status="partial")
    assert told.status_code == 200, told.text
    assert told.json["id"] == thread and told.json["state"] == "open"
    assert told.json["answer"] == {"status": "partial", "note": "Done.", "unchanged": False}
    assert told.json["unanswered"] == [str(int(thread) + 1)]


def test_owner_and_editors_answer_others_may_not(answer, app, agent, plan):
    for name in ("bob", "ada", "pam"):
        refused = answer(name)
        assert (refused.status_code, code(refused)) == (403, "forbidden"), name
        assert "Alice" not in refused.text, "a name is what its bearer wrote: agents read this"
    assert answer("charlie").status_code == 404
    assert current(agent, plan) is None
    invite(app, plan, "charlie")
    assert answer("charlie").status_code == 200


WRONG = [
    ({}, "status"),
    ({"status": "done"}, "status"),
    ({"status": "applied", "note": "x" * 2001}, "note"),
    ({"status": "applied", "note": "a\x1b[0m"}, "note"),
    ({"status": "applied", "note": None}, "note"),
    ({"status": "applied", "thread": "1"}, "thread"),
    ({"status": "applied", "unchanged": False}, "unchanged"),
]


def test_what_is_wrong_is_named(answer, agent, plan):
    for sent, field in WRONG:
        refused = answer(json=sent)
        assert (refused.status_code, fields(refused)) == (400, [field]), (sent, field)
        assert current(agent, plan) is None


def test_a_retry_leaves_a_later_answer_alone(answer, agent, plan):
    key = {"Idempotency-Key": "once"}
    answer(headers=key)
    answer(status="declined", note="No.")
    assert answer(headers=key).json["answer"]["status"] == "declined"
    assert current(agent, plan)["note"] == "No."


def test_applied_is_doubted_while_the_text_reads_the_same(answer, agent, push, plan):
    assert answer().json["answer"]["unchanged"] is True
    push("alice", [piece("intro", "Tokens rotate hourly.")], plan=plan, base_version=1)
    assert answer().json["answer"]["unchanged"] is False
    for status in ("partial", "declined", "question"):
        assert answer(status=status).json["answer"]["unchanged"] is False


def test_a_person_clears_it_an_agent_does_not(answer, agent, browser, plan, thread):
    answer()
    agent("bob", "POST", f"/api/threads/{thread}/comments", json={"body": "I am a program."})
    assert current(agent, plan)["status"] == "applied"
    browser("bob").send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "Not quite."})
    assert current(agent, plan) is None
