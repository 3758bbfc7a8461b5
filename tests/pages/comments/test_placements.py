"""Placements: everybody who sees a plan may say where a thread belongs; strangers learn nothing."""

import re

import pytest

from tests.conftest import piece


@pytest.fixture
def edited(browser, push, plan):
    """A thread of bob's whose words version 2 has changed."""
    place = {"anchor": "intro", "quote": "rotate on every use", "body": "How often?"}
    answer = browser("bob").send("POST", f"/p/{plan}/threads", place, htmx=False)
    sections = [piece("intro", "Tokens rotate on each use."), piece("data", "Other words.")]
    assert push("alice", sections, plan=plan, base_version=1).status_code == 201
    return re.search(r"thread=(\d+)", answer.location)[1]


@pytest.fixture
def decide(browser, plan, edited):
    """Decide as somebody: decide("bob", "confirm")."""

    def send(name, decision, htmx=True, **data):
        path = f"/p/{plan}/threads/{edited}/placement"
        return browser(name).send("POST", path, {"decision": decision} | data, htmx=htmx)

    return send


def told(agent, plan):
    return agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"][0]


@pytest.mark.parametrize("name", ["alice", "bob", "ada", "pam"])
def test_whoever_sees_the_plan_confirms(agent, decide, plan, name):
    answer = decide(name, "confirm")
    assert answer.status_code == 200 and "<html" not in answer.text
    assert "A person confirmed this place." in answer.text and "Place confirmed." in answer.text
    assert 'value="confirm"' not in answer.text and 'value="not_here"' in answer.text
    assert told(agent, plan)["placement"] == {
        "state": "edited",
        "anchor": "intro",
        "confirmed": True,
    }


def test_not_here_leaves_the_words_with_an_outdated_mark(agent, decide, plan):
    answer = decide("bob", "not_here")
    assert answer.status_code == 200 and 'data-state="outdated"' in answer.text
    assert 'value="not_here"' not in answer.text and "data-reattach" in answer.text
    found = told(agent, plan)
    assert found["placement"] == {"state": "outdated", "anchor": "intro", "confirmed": False}
    assert found["quote"] == "rotate on every use"


def test_reattaching_renews_pins_and_groups(agent, decide, plan):
    answer = decide("alice", "reattach", anchor="data", quote="Other words")
    assert answer.status_code == 200 and 'data-state="exact"' in answer.text
    assert 'id="pp-pin-data-' in answer.text and 'id="pp-pin-intro-' not in answer.text
    assert 'id="pp-to-data"' in answer.text
    assert told(agent, plan)["anchor"] == "data"
    assert 'id="pp-to-' not in decide("alice", "confirm").text


REFUSED = [
    ("reattach", {}, 422, "Say where"),
    ("reattach", {"anchor": "data", "quote": "nowhere"}, 422, "not there"),
    ("reattach", {"anchor": "data", "block": "999999999"}, 422, "no such block"),
    ("reattach", {"anchor": "<b>"}, 422, "no such anchor"),
    ("", {}, 422, "confirm, not_here or reattach"),
    ("confirm", {"seen": "exact:x:1:0:1"}, 409, "has changed"),
]


def test_what_cannot_be_comes_back_with_the_card(agent, decide, plan):
    for decision, place, status, said in REFUSED:
        for htmx in (True, False):
            answer = decide("bob", decision, htmx, **place)
            assert answer.status_code == status
            assert said in answer.text and 'class="err"' in answer.text
            assert ("<html" in answer.text) is not htmx
        assert told(agent, plan)["placement"]["confirmed"] is False, (decision, place)


def test_the_composer_reads_a_long_quote_from_its_offsets(browser, plan):
    path = f"/p/{plan}/threads/new?v=1&anchor=intro&block=2&start=7&end=13"
    assert 'name="quote" value="rotate"' in browser("bob").get(path).text
    hostile = f"/p/{plan}/threads/new?v=1&anchor=intro&block=2&start=99&end=4"
    assert browser("bob").get(hostile).status_code == 200
