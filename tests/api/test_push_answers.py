"""What a push does to threads, and what a repeated one does: nothing."""

import pytest

from planpush.api.request_bodies import MOST_ANSWERS
from tests.conftest import fields, piece


def test_a_renamed_section_says_what_it_was(push, plan, thread):
    rows = [
        piece("start", "Tokens rotate on every use.", was="intro"),
        {"anchor": "data", "html": None},
    ]
    answer = push("alice", rows, plan=plan, base_version=1)
    assert answer.json["sections"]["removed"] == 0
    assert answer.json["threads"]["orphaned"] == 0
    assert sum(answer.json["threads"].values()) == 1


def test_threads_are_carried_counted_and_listed_as_unanswered(push, plan, thread):
    rows = [{"anchor": "intro", "html": None}, piece("data", "Gone.")]
    answer = push("alice", rows, plan=plan, base_version=1)
    assert answer.json["threads"]["exact"] == 1
    assert answer.json["unanswered"] == [thread]


def test_an_answer_without_a_change_is_marked(push, agent, plan, thread):
    rows = [{"anchor": "intro", "html": None}, piece("data", "Other.")]
    said = {"thread": thread, "status": "applied", "note": "Done."}
    answer = push("alice", rows, plan=plan, base_version=1, responses=[said])
    assert answer.json["unanswered"] == []
    found = agent("alice", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["answer"]
    assert found == {"status": "applied", "note": "Done.", "unchanged": True}


def test_an_answer_with_a_change_is_believed(push, agent, plan, thread):
    said = {"thread": thread, "status": "applied", "note": "Daily."}
    rows = [piece("intro", "Tokens rotate daily.")]
    push("alice", rows, plan=plan, base_version=1, responses=[said])
    found = agent("alice", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["answer"]
    assert found["unchanged"] is False


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


def test_the_same_key_with_another_body_is_refused(push, stored):
    key = {"Idempotency-Key": "k-1"}
    push("alice", [piece("a")], title="T", headers=key)
    answer = push("alice", [piece("a")], title="Other", headers=key)
    assert (answer.status_code, fields(answer)) == (422, ["Idempotency-Key"])
    assert len(stored()["plans"]) == 1
    assert push("bob", [piece("a")], title="Other", headers=key).status_code == 201


def test_a_key_is_free_again_after_a_refusal_and_after_a_day(push, sql, stored):
    key = {"Idempotency-Key": "k-1"}
    assert push("alice", [piece("a")], headers=key).status_code == 422
    assert push("alice", [piece("a")], title="T", headers=key).status_code == 201
    sql("UPDATE idempotency_keys SET created_at = '2020-01-01 00:00:00.000000+00:00'")
    assert push("alice", [piece("b")], title="T", headers=key).status_code == 201
    assert len(stored()["plans"]) == 2


@pytest.mark.parametrize("key", ["", " ", "k" * 201, "ü", "a\tb"])
def test_a_strange_key_is_refused_or_taken(push, key):
    answer = push("alice", [piece("a")], title="T", headers={"Idempotency-Key": key})
    assert answer.status_code in (201, 400)


def test_a_push_takes_so_many_answers_and_the_rest_come_with_the_same_content(push, plan, thread):
    rows = [{"anchor": "intro", "html": None}, piece("data", "Other.")]
    said = [{"thread": thread, "status": "applied"}] * (MOST_ANSWERS + 1)
    refused = push("alice", rows, plan=plan, base_version=1, responses=said)
    assert refused.status_code in (400, 422) and fields(refused) == ["responses"]
    assert push("alice", rows, plan=plan, base_version=1, responses=said[1:]).status_code == 201
    assert push("alice", rows, plan=plan, base_version=2, responses=said[:1]).status_code == 200
