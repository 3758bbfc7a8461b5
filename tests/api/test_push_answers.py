"""What a push does to threads, and what a repeated one does: nothing."""

from planpush.api.request_bodies import MOST_ANSWERS
from tests.conftest import fields, piece


def test_answers_apply_to_equal_content_too(push, agent, plan, thread):
    rows = [{"anchor": "intro", "html": None}, {"anchor": "data", "html": None}]
    said = {"thread": thread, "status": "question", "note": "Which?"}
    assert push("alice", rows, plan=plan, responses=[said]).status_code == 200
    found = agent("alice", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["answer"]
    assert found == {"status": "question", "note": "Which?", "unchanged": False}


def test_an_answer_to_no_thread_of_this_plan_stores_nothing(push, plan, thread, stored):
    push("charlie", [piece("x")], title="Other", slug="other")
    before = stored("tokens", "events")
    said = [{"thread": thread, "status": "applied"}]
    answer = push("charlie", [piece("x", "New")], plan="other", base_version=1, responses=said)
    assert (answer.status_code, fields(answer)) == (422, ["responses[0].thread"])
    assert stored("tokens", "events") == before


def test_the_same_key_and_body_get_the_first_answer(push, stored):
    key = {"Idempotency-Key": "k-1"}
    first = push("alice", [piece("a")], title="T", headers=key)
    again = push("alice", [piece("a")], title="T", headers=key)
    assert (again.status_code, again.json) == (201, first.json)
    assert len(stored()["plans"]) == 1


def test_a_push_takes_so_many_answers_and_the_rest_come_with_the_same_content(push, plan, thread):
    rows = [{"anchor": "intro", "html": None}, piece("data", "Other.")]
    said = [{"thread": thread, "status": "applied"}] * (MOST_ANSWERS + 1)
    refused = push("alice", rows, plan=plan, base_version=1, responses=said)
    assert refused.status_code in (400, 422) and fields(refused) == ["responses"]
    assert push("alice", rows, plan=plan, base_version=1, responses=said[1:]).status_code == 201
    assert push("alice", rows, plan=plan, base_version=2, responses=said[:1]).status_code == 200
