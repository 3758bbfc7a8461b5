"""Threads for programs: what was said, where, and what stands there today."""

import re

import pytest

from tests.conftest import fields, piece

SHAPE = {
    "id", "state", "kind", "anchor", "quote", "now", "blocking", "placement", "answer", "url",
    "opened_on_version", "comments", "row", "column",
}  # fmt: skip
QUOTE = "rotate on every use"


def threads(agent, plan, query="", name="bob"):
    answer = agent(name, "GET", f"/api/plans/{plan}/threads{query}")
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"threads", "cursor"}
    return answer.json["threads"]


def test_a_thread_has_the_shape_of_the_contract(agent, browser, plan, thread):
    (found,) = threads(agent, plan)
    assert set(found) == SHAPE
    assert (found["id"], found["state"], found["kind"]) == (thread, "open", "text")
    assert (found["anchor"], found["quote"], found["now"]) == ("intro", "rotate", "rotate")
    assert (found["blocking"], found["answer"], found["opened_on_version"]) == (False, None, 1)
    assert found["placement"] == {"state": "exact", "anchor": "intro", "confirmed": False}
    assert found["url"].startswith(f"http://localhost/p/{plan}?thread={thread}")
    (comment,) = found["comments"]
    at, number = comment.pop("created_at"), comment.pop("id")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", at)
    author = {"author": {"name": "Bob", "role": "QA"}, "via": None}
    assert comment == {"body": "How often?", "deleted": False} | author
    browser("bob").send("DELETE", f"/p/{plan}/comments/{number}")
    (comment,) = threads(agent, plan)[0]["comments"]
    assert (comment["body"], comment["deleted"]) == ("", True)


@pytest.mark.parametrize(
    ("section", "now", "state", "anchor"),
    [
        (piece("intro", "Tokens rotate on each use."), "rotate on each use", "edited", "intro"),
        (piece("start", "Tokens rotate on every use.", was="intro"), QUOTE, "exact", "start"),
        (piece("other", "Nothing alike."), "", "orphaned", ""),
    ],
)
def test_a_thread_says_what_its_place_says_today(
    agent, browser, push, plan, section, now, state, anchor
):
    form = {"anchor": "intro", "quote": QUOTE, "body": "Hm."}
    browser("bob").send("POST", f"/p/{plan}/threads", form)
    push("alice", [section], plan=plan, base_version=1)
    (found,) = threads(agent, plan)
    assert (found["quote"], found["anchor"], found["opened_on_version"]) == (QUOTE, "intro", 1)
    place = found["placement"]
    assert (found["now"], place["state"], place["anchor"]) == (now, state, anchor)


def test_states_narrow_the_list(agent, browser, plan, thread):
    bob = browser("bob")
    bob.send("POST", f"/p/{plan}/threads", {"body": "Whole"})
    bob.send("POST", f"/p/{plan}/threads/{thread}/resolution")
    counts = {s: len(threads(agent, plan, f"?state={s}")) for s in ("open", "resolved", "all")}
    assert counts == {"open": 1, "resolved": 1, "all": 2}
    assert len(threads(agent, plan)) == 1
    assert threads(agent, plan, "?state=resolved")[0]["state"] == "resolved"
    unknown = agent("bob", "GET", f"/api/plans/{plan}/threads?state=closed")
    assert (unknown.status_code, fields(unknown)) == (400, ["state"])


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
