"""Threads for programs: what was said, where, and what stands there today."""

import re

from tests.conftest import code, piece

SHAPE = {
    "id", "state", "kind", "anchor", "quote", "now", "blocking", "placement", "answer", "url",
    "opened_on_version", "comments", "row", "column",
}  # fmt: skip


def threads(agent, plan, query="", name="bob"):
    answer = agent(name, "GET", f"/api/plans/{plan}/threads{query}")
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"threads", "cursor"}
    return answer.json["threads"]


def test_a_thread_has_the_shape_of_the_contract(agent, plan, thread):
    (found,) = threads(agent, plan)
    assert set(found) == SHAPE
    assert (found["id"], found["state"], found["kind"]) == (thread, "open", "text")
    assert (found["anchor"], found["quote"], found["now"]) == ("intro", "rotate", "rotate")
    assert (found["blocking"], found["answer"], found["opened_on_version"]) == (False, None, 1)
    assert found["placement"] == {"state": "exact", "anchor": "intro", "confirmed": False}
    assert found["url"].startswith(f"http://localhost/p/{plan}?thread={thread}")


def test_a_comment_has_the_shape_of_the_contract(agent, plan, thread):
    (comment,) = threads(agent, plan)[0]["comments"]
    assert {"id", "author", "via", "body", "created_at"} <= set(comment)
    assert comment["author"] == {"name": "Bob", "role": "QA"}
    assert (comment["via"], comment["body"]) == (None, "How often?")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", comment["created_at"])


def test_now_is_what_the_place_says_today(agent, browser, push, plan):
    form = {"anchor": "intro", "quote": "rotate on every use", "body": "Hm."}
    browser("bob").send("POST", f"/p/{plan}/threads", form)
    push("alice", [piece("intro", "Tokens rotate on each use.")], plan=plan, base_version=1)
    (found,) = threads(agent, plan)
    assert found["quote"] == "rotate on every use"
    assert found["now"] == "rotate on each use"
    assert found["placement"]["state"] == "edited"
    assert (found["anchor"], found["opened_on_version"]) == ("intro", 1)


def test_a_renamed_section_moves_the_placement_not_the_anchor(agent, push, plan, thread):
    rows = [piece("start", "Tokens rotate on every use.", was="intro")]
    push("alice", rows, plan=plan, base_version=1)
    (found,) = threads(agent, plan)
    assert (found["anchor"], found["placement"]["anchor"]) == ("intro", "start")


def test_a_lost_place_is_orphaned(agent, push, plan, thread):
    push("alice", [piece("other", "Nothing alike.")], plan=plan, base_version=1)
    (found,) = threads(agent, plan)
    assert found["placement"]["state"] == "orphaned"
    assert found["quote"] == "rotate"


def test_states_narrow_the_list(agent, browser, plan, thread):
    bob = browser("bob")
    bob.send("POST", f"/p/{plan}/threads", {"body": "Whole"})
    bob.send("POST", f"/p/{plan}/threads/{thread}/resolution")
    counts = {s: len(threads(agent, plan, f"?state={s}")) for s in ("open", "resolved", "all")}
    assert counts == {"open": 1, "resolved": 1, "all": 2}
    assert len(threads(agent, plan)) == 1
    assert threads(agent, plan, "?state=resolved")[0]["state"] == "resolved"


def test_an_unknown_state_is_refused(agent, plan):
    answer = agent("bob", "GET", f"/api/plans/{plan}/threads?state=closed")
    assert answer.status_code == 400
    assert code(answer) and answer.json["errors"][0]["field"] == "state"


def test_threads_come_in_the_order_of_the_document(agent, browser, plan):
    bob = browser("bob")
    for place in (
        {"anchor": "data"},
        {"anchor": "intro", "quote": "every"},
        {"anchor": "intro", "quote": "Tokens"},
    ):
        bob.send("POST", f"/p/{plan}/threads", {"body": "Hm."} | place)
    assert [found["quote"] for found in threads(agent, plan)][:2] == ["Tokens", "every"]
    assert threads(agent, plan)[2]["anchor"] == "data"


def test_what_was_deleted_is_not_told(agent, browser, plan, thread):
    browser("bob").send("DELETE", f"/p/{plan}/comments/1")
    assert "How often?" not in str(threads(agent, plan))
