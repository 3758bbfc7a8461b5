"""Threads that programs open: at the same places as people's, and known for an agent's."""

import pytest

from tests.conftest import code, fields, piece


@pytest.fixture
def start(agent, plan):
    def send(name="bob", headers=None, scopes=None, **body):
        sent = {"json": {"body": "Hm."} | body, "headers": headers or {}, "scopes": scopes}
        return agent(name, "POST", f"/api/plans/{plan}/threads", **sent)

    return send


PLACES = [
    ({}, "document", "", ""),
    ({"anchor": "intro"}, "element", "intro", "Intro"),
    ({"anchor": "intro", "quote": "rotate on every"}, "text", "intro", "rotate on every"),
    ({"anchor": "intro", "quote": "o", "prefix": "T", "suffix": "kens"}, "text", "intro", "o"),
    ({"anchor": "data", "row": "id", "column": "Type"}, "cell", "data", "uuid"),
    ({"anchor": None, "block": None, "quote": None, "start": None}, "document", "", ""),
]


def test_a_thread_is_where_it_was_put(start):
    for place, kind, anchor, quote in PLACES:
        answer = start(**place)
        assert answer.status_code == 201, answer.text
        told = answer.json
        assert (told["kind"], told["anchor"], told["quote"]) == (kind, anchor, quote), (place, kind)
        cell = (place.get("row", ""), place.get("column", "")) if kind == "cell" else ("", "")
        assert (told["row"], told["column"]) == cell
        assert told["placement"]["state"] == "exact" and told["state"] == "open"
        assert [(one["body"], one["via"]) for one in told["comments"]] == [("Hm.", "agent")]


WRONG = [
    ({"anchor": "nope"}, 422, "anchor"),
    ({"anchor": "intro", "quote": "not there"}, 422, "quote"),
    ({"anchor": "intro", "quote": "o"}, 422, "quote"),
    ({"block": 2}, 422, "anchor"),
    ({"anchor": "intro", "block": 99}, 422, "block"),
    ({"anchor": "intro", "block": 2, "start": 3}, 422, "quote"),
    ({"anchor": "intro", "block": 2, "quote": "rotate", "start": 0}, 422, "start"),
    ({"anchor": "data", "row": "nope"}, 422, "row"),
    ({"body": " "}, 422, "body"),
    ({"block": "2"}, 400, "block"),
    ({"block": -1}, 400, "block"),
    ({"start": 10**12}, 400, "start"),
    ({"quote": ["rotate"]}, 400, "quote"),
    ({"quote": "x" * 10_001}, 400, "quote"),
    ({"row": "x" * 1001}, 400, "row"),
    ({"blocking": 1}, 400, "blocking"),
    ({"version": 0}, 400, "version"),
    ({"colour": "red"}, 400, "colour"),
    ({"body": None}, 400, "body"),
]


def test_what_is_wrong_is_named_and_opens_nothing(start, agent, plan):
    for place, status, field in WRONG:
        refused = start(**place)
        assert (refused.status_code, fields(refused)) == (status, [field]), refused.text
        assert agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"] == [], (
            place,
            status,
        )


def test_on_an_older_version_it_is_carried_to_the_newest(start, push, plan):
    push("alice", [piece("intro", "Tokens rotate hourly.")], plan=plan, base_version=1)
    told = start(anchor="intro", quote="rotate on every use", version=1).json
    assert (told["opened_on_version"], told["quote"]) == (1, "rotate on every use")
    assert told["placement"]["state"] in ("edited", "outdated", "moved")
    assert start(version=9).status_code == 404


def test_who_may_open_one(start, browser, plan):
    for name in ("alice", "bob", "ada"):
        assert start(name).status_code == 201, name
    assert start("charlie").status_code == 404
    browser("alice").send("POST", f"/p/{plan}/publication")
    assert start("charlie").status_code == 201
    assert code(start(scopes=["plans:read", "plans:write"])) == "insufficient_scope"
