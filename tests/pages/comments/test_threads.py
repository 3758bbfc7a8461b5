"""Threads: opened anywhere on a plan, with and without htmx, and never broken by what is sent."""

import re
from html import unescape

import pytest

from tests.conftest import piece


def cards(answer):
    return re.findall(r'<article class="thread[^"]*" id="t(\d+)"', answer.text)


def opened(somebody, plan, htmx=True, **form):
    return somebody.send("POST", f"/p/{plan}/threads", {"body": "Hm."} | form, htmx=htmx)


def test_htmx_gets_the_list_with_the_new_card(browser, plan):
    answer = opened(browser("bob"), plan, anchor="intro", body="Why so often?")
    assert answer.status_code == 201
    assert len(cards(answer)) == 1 and "Why so often?" in answer.text
    assert "<html" not in answer.text
    for target in ("#pp-contents", "#pp-counts", "#pp-bar", "#announce"):
        assert f'hx-target="{target}"' in answer.text


@pytest.mark.parametrize(
    ("place", "kind", "quote"),
    [
        ({}, "document", ""),
        ({"anchor": "intro", "block": "2"}, "element", "Tokens rotate on every use."),
        ({"quote": "rotate"}, "text", "rotate"),
        ({"anchor": "intro", "block": "2", "quote": "every", "start": "17", "end": "22"},
         "text", "every"),
        ({"anchor": "data", "row": "id", "column": "Type"}, "cell", "uuid"),
    ],
)  # fmt: skip
def test_a_thread_can_be_opened_on(browser, agent, plan, place, kind, quote):
    assert opened(browser("bob"), plan, **place).status_code == 201
    found = agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"][0]
    assert (found["kind"], found["quote"]) == (kind, quote)
    assert found["placement"]["state"] == "exact"


def test_a_place_that_is_not_there_gives_the_form_back(browser, plan, stored):
    before = stored("browser_sessions", "events", "sign_in_links")
    for place in ({"anchor": "nope"}, {"block": "2"}, {"anchor": "intro", "quote": "uuid"}):
        for htmx in (True, False):
            answer = opened(browser("bob"), plan, htmx, body="Typed words", **place)
            assert answer.status_code == 422
            assert 'id="pp-composer"' in answer.text and "Typed words" in answer.text
            assert ("<html" in answer.text) is not htmx
    assert stored("browser_sessions", "events", "sign_in_links") == before


def test_words_that_cannot_be_stored_come_back_as_typed(browser, plan):
    bob = browser("bob")
    for htmx in (True, False):
        for body in ("", "  \n ", "x" * 10_001, "bell \x07", "nul \x00"):
            answer = opened(bob, plan, htmx, body=body, anchor="intro", quote="rotate")
            assert answer.status_code == 422, body
            found = re.search(r'<textarea id="pp-new-body"([^>]*)>([^<]*)</textarea>', answer.text)
            assert unescape(found[2]).strip() == body.strip()
            assert 'aria-invalid="true"' in found[1]
            assert 'aria-describedby="pp-new-err"' in found[1]
            assert 'name="quote" value="rotate"' in answer.text


def test_the_longest_comment_and_line_ends_are_kept(browser, plan, agent):
    bob = browser("bob")
    for body in ("x" * 10_000, "one\r\ntwo\rthree"):
        opened(bob, plan, body=body, blocking="1")
    threads = agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"]
    bodies = {thread["comments"][0]["body"] for thread in threads}
    assert bodies == {"x" * 10_000, "one\ntwo\nthree"}
    assert all(thread["blocking"] for thread in threads)


def test_a_key_opens_one_thread_of_one_person_on_one_plan(browser, push, plan, stored):
    push("bob", [piece("intro")], title="Other", slug="other")
    bob = browser("bob")
    assert opened(bob, plan, key="k1", body="").status_code == 422  # and can be sent again
    for _ in range(3):
        assert opened(bob, plan, key="k1", anchor="intro").status_code == 201
    assert len(stored()["threads"]) == len(stored()["comments"]) == 1
    assert opened(browser("alice"), plan, key="k1").status_code == 201
    assert opened(bob, "other", key="k1").status_code in (201, 422)
    for _ in range(2):  # without a key, the same words are two threads
        opened(bob, plan, anchor="intro")
    assert len(stored()["threads"]) >= 4


def test_a_thread_opened_on_an_old_version_stands_on_both(browser, push, plan):
    push("alice", [piece("intro", "Tokens rotate on every use."), piece("new")], plan=plan,
         base_version=1)  # fmt: skip
    bob = browser("bob")
    answer = opened(bob, plan, v="1", anchor="intro", quote="rotate")
    number = cards(answer)[0]
    for version in (1, 2):
        assert f'id="t{number}"' in bob.get(f"/p/{plan}?v={version}").text


def test_a_place_that_changed_shows_then_and_now(browser, push, plan):
    bob = browser("bob")
    number = cards(opened(bob, plan, anchor="intro", quote="rotate on every use", blocking="1"))[0]
    push("alice", [piece("intro", "Tokens rotate on each use.")], plan=plan, base_version=1)
    card = bob.get(f"/p/{plan}/threads/{number}").text
    assert 'data-state="edited"' in card and "Blocking" in card
    assert "rotate on <del>every</del><ins>each</ins> use" in card
    push("alice", [piece("other", "Nothing of the kind.")], plan=plan, base_version=2)
    answer = bob.get(f"/p/{plan}/threads?show=orphaned")
    assert cards(answer) == [number]
    assert "Orphaned" in answer.text and "opened on v1" in answer.text
