"""Outlines: a version's sections in order, each with hash and open threads."""

import pytest

from tests.conftest import piece


def outline(agent, plan, query=""):
    return agent("bob", "GET", f"/api/plans/{plan}/outline{query}")


def test_it_lists_the_sections_in_order(agent, push, plan, thread):
    rows = [piece("risks"), {"anchor": "intro", "html": None}]
    push("alice", rows, plan=plan, base_version=1)
    told = outline(agent, plan).json
    assert told["version"] == 2
    assert [(row["anchor"], row["title"]) for row in told["sections"]] == [
        ("risks", "Risks"),
        ("intro", "Intro"),
    ]
    assert told["sections"][0]["sha256"] == rows[0]["sha256"]
    assert [row["open_threads"] for row in told["sections"]] == [0, 1]
    assert {"anchor", "title", "sha256", "open_threads"} <= set(told["sections"][0])


def test_resolved_threads_do_not_count(agent, browser, plan, thread):
    browser("bob").send("POST", f"/p/{plan}/threads/{thread}/resolution")
    assert [row["open_threads"] for row in outline(agent, plan).json["sections"]] == [0, 0]


def test_an_old_version_keeps_its_outline(agent, push, plan):
    push("alice", [piece("risks")], plan=plan, base_version=1)
    told = outline(agent, plan, "?v=1").json
    assert told["version"] == 1
    assert [row["anchor"] for row in told["sections"]] == ["intro", "data"]


@pytest.mark.parametrize("number", ["0", "9", "-1", "abc", "9" * 12])
def test_an_unknown_version_is_refused(agent, plan, number):
    assert outline(agent, plan, f"?v={number}").status_code in (400, 404)
