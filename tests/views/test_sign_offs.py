"""Sign-offs: who approves a version or asks for changes, on which, and what open pages show."""

import re

import pytest

from tests.people import CAST
from tests.views.conftest import piece

APPROVE = {"decision": "approve"}
OBJECT = {"decision": "request_changes", "note": "Say how long they live."}
WAITING = "In review"


def status(page):
    found = re.search(r'<span class="state (\w+)">([^<]+)</span>', page.text)
    return found[2] if found else ""


@pytest.fixture
def published(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/publication")
    return plan


@pytest.mark.parametrize("name", sorted(set(CAST) - {"alice"}))
def test_whoever_sees_it_decides_by_a_plain_form(browser, published, name):
    somebody, path = browser(name), f"/p/{published}/sign-off"
    assert 'id="pp-approve"' in somebody.get(f"/p/{published}").text
    for told, shown in ((APPROVE, "Approved"), (OBJECT, "Changes asked")):
        answer = somebody.send("POST", path, told, htmx=False)
        assert (answer.status_code, answer.location) == (303, f"/p/{published}")
        assert status(browser("alice").get(f"/p/{published}")) == shown
    answer = somebody.send("POST", f"{path}?_method=DELETE", htmx=False)
    assert answer.status_code == 303
    assert status(browser("alice").get(f"/p/{published}")) == WAITING


def test_its_owner_does_not(browser, plan, stored):
    alice, before = browser("alice"), stored("rate_limits", "browser_sessions", "events")
    assert "/sign-off" not in alice.get(f"/p/{plan}").text
    assert alice.get(f"/p/{plan}/sign-off").status_code == 403
    for htmx in (True, False):
        assert alice.send("POST", f"/p/{plan}/sign-off", APPROVE, htmx=htmx).status_code == 403
    assert stored("rate_limits", "browser_sessions", "events", "visits") == {
        name: rows for name, rows in before.items() if name != "visits"
    }


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_charlie_sees_nothing_of_it(browser, plan, method):
    charlie = browser("charlie")
    assert charlie.send(method, f"/p/{plan}/sign-off", APPROVE).status_code == 404
    assert charlie.get(f"/p/{plan}/review").status_code == 404


def test_htmx_gets_the_region_of_the_bar(browser, plan):
    bob = browser("bob")
    answer = bob.send("POST", f"/p/{plan}/sign-off", APPROVE)
    assert answer.status_code == 201 and answer.text.startswith('<div class="review"')
    assert status(answer) == "Approved" and 'id="pp-approve"' not in answer.text
    answer = bob.send("DELETE", f"/p/{plan}/sign-off")
    assert answer.status_code == 200 and status(answer) == WAITING
    assert 'id="pp-approve"' in answer.text and 'id="pp-withdraw"' not in answer.text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"decision": "request_changes"}, "Say what should change."),
        ({"decision": "request_changes", "note": " \n "}, "Say what should change."),
        ({"decision": "request_changes", "note": "n" * 2001}, "A note may have 2,000 characters"),
        ({"decision": "request_changes", "note": "a\x00b"}, "Control characters"),
        ({"decision": "perhaps"}, "Decide one of approve, request_changes."),
        ({"decision": "approved"}, "Decide one of approve, request_changes."),
        ({"decision": "changes", "note": "n"}, "Decide one of approve, request_changes."),
        ({}, "Decide one of approve, request_changes."),
    ],
)
def test_what_cannot_be_decided_comes_back_in_the_form(browser, plan, told, said):
    bob = browser("bob")
    for htmx in (True, False):
        answer = bob.send("POST", f"/p/{plan}/sign-off", told, htmx=htmx)
        assert answer.status_code == 422 and said in answer.text
        assert ("<html" in answer.text) != htmx and 'name="note"' in answer.text
    assert status(bob.get(f"/p/{plan}")) == WAITING


def test_a_version_nobody_read_is_not_approved(browser, push, plan):
    bob = browser("bob")
    assert 'name="version" value="1"' in bob.get(f"/p/{plan}").text
    push("alice", [piece("intro")], plan=plan, base_version=1)
    for htmx in (True, False):
        told = APPROVE | {"version": "1"}
        answer = bob.send("POST", f"/p/{plan}/sign-off", told, htmx=htmx)
        assert answer.status_code == 409 and "Version 2 was pushed meanwhile" in answer.text
    assert status(bob.get(f"/p/{plan}")) == WAITING
    assert bob.send("POST", f"/p/{plan}/sign-off", APPROVE | {"version": "2"}).status_code == 201


def test_an_old_version_offers_no_decision(browser, push, plan):
    push("alice", [piece("intro")], plan=plan, base_version=1)
    old = browser("bob").get(f"/p/{plan}?v=1").text
    assert 'id="pp-review"' in old
    assert "pp-approve" not in old and "pp-object" not in old
    region = browser("bob").get(f"/p/{plan}/review?v=1").text
    assert 'id="pp-reviews"' in region and "pp-approve" not in region


def test_a_push_makes_a_word_count_no_more(browser, push, plan):
    bob = browser("bob")
    bob.send("POST", f"/p/{plan}/sign-off", OBJECT)
    push("alice", [piece("intro")], plan=plan, base_version=1)
    page = bob.get(f"/p/{plan}")
    assert status(page) == WAITING and OBJECT["note"] not in page.text


def test_a_note_is_shown_as_words(browser, plan):
    note = "<script>alert(1)</script>"
    browser("bob").send("POST", f"/p/{plan}/sign-off", OBJECT | {"note": note})
    page = browser("alice").get(f"/p/{plan}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and note not in page


def test_the_owner_is_told(browser, plan):
    alice, bob = browser("alice"), browser("bob")
    bob.send("POST", f"/p/{plan}/sign-off", OBJECT)
    assert "asked for changes to <bdi>Auth" in alice.get("/notices").text
    bob.send("POST", f"/p/{plan}/sign-off", APPROVE)
    assert "approved <bdi>Auth" in alice.get("/notices").text


def test_whatever_is_decided_changes_the_etag(browser, plan):
    alice, bob = browser("alice"), browser("bob")

    def fresh():
        return alice.get(f"/p/{plan}", headers={"If-None-Match": seen[-1]}).status_code == 200

    seen = [alice.get(f"/p/{plan}").headers["ETag"]]
    word, turn = f"/p/{plan}/sign-off", f"/p/{plan}/turn"
    for somebody, method, path, told in (
        (bob, "POST", word, APPROVE), (bob, "POST", word, OBJECT), (alice, "DELETE", turn, None),
        (bob, "DELETE", word, None),
    ):  # fmt: skip
        somebody.send(method, path, told)
        assert fresh()
        seen.append(alice.get(f"/p/{plan}").headers["ETag"])
