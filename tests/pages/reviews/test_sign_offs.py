"""Sign-offs: who approves a version or asks for changes, on which, and what open pages show."""

import re

import pytest

from tests.conftest import invite, piece
from tests.people import CAST

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
    browser("alice").send("DELETE", f"/p/{published}/reviewers", {"email": "bob@example.com"})
    for told, shown in ((APPROVE, "Approved"), (OBJECT, "Changes requested")):
        answer = somebody.send("POST", path, told, htmx=False)
        assert (answer.status_code, answer.location) == (303, f"/p/{published}")
        assert status(browser("alice").get(f"/p/{published}")) == shown
    answer = somebody.send("POST", f"{path}?_method=DELETE", htmx=False)
    assert answer.status_code == 303
    assert status(browser("alice").get(f"/p/{published}")) == "Draft"


def test_its_owner_does_not(browser, plan, stored):
    alice, before = browser("alice"), stored("rate_limits", "browser_sessions", "events")
    assert "/sign-off" not in alice.get(f"/p/{plan}").text
    assert alice.get(f"/p/{plan}/sign-off").status_code == 403
    for htmx in (True, False):
        assert alice.send("POST", f"/p/{plan}/sign-off", APPROVE, htmx=htmx).status_code == 403
    assert stored("rate_limits", "browser_sessions", "events", "visits") == {
        name: rows for name, rows in before.items() if name != "visits"
    }


def test_htmx_gets_the_region_of_the_bar(browser, plan):
    bob = browser("bob")
    answer = bob.send("POST", f"/p/{plan}/sign-off", APPROVE)
    assert answer.status_code == 201 and answer.text.startswith('<div class="review"')
    assert status(answer) == "Approved" and 'id="pp-approve"' not in answer.text
    answer = bob.send("DELETE", f"/p/{plan}/sign-off")
    assert answer.status_code == 200 and status(answer) == WAITING
    assert 'id="pp-approve"' in answer.text and 'id="pp-withdraw"' not in answer.text


REFUSED = [
    ({"decision": "request_changes"}, "Say what should change."),
    ({"decision": "request_changes", "note": " \n "}, "Say what should change."),
    ({"decision": "request_changes", "note": "n" * 2001}, "A note may have 2,000 characters"),
    ({"decision": "request_changes", "note": "a\x00b"}, "Control characters"),
    ({"decision": "perhaps"}, "Decide one of approve, request_changes."),
    ({"decision": "approved"}, "Decide one of approve, request_changes."),
    ({"decision": "changes", "note": "n"}, "Decide one of approve, request_changes."),
    ({}, "Decide one of approve, request_changes."),
]


def test_what_cannot_be_decided_comes_back_in_the_form(browser, plan):
    for told, said in REFUSED:
        bob = browser("bob")
        for htmx in (True, False):
            answer = bob.send("POST", f"/p/{plan}/sign-off", told, htmx=htmx)
            assert answer.status_code == 422 and said in answer.text
            assert ("<html" in answer.text) != htmx and 'name="note"' in answer.text
        assert status(bob.get(f"/p/{plan}")) == WAITING, (told, said)


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


def test_a_push_that_changes_what_a_word_covers_asks_for_another_look(browser, push, plan):
    bob = browser("bob")
    bob.send("POST", f"/p/{plan}/sign-off", OBJECT)
    push("alice", [piece("intro")], plan=plan, base_version=1)
    page = bob.get(f"/p/{plan}")
    assert status(page) == WAITING and "needs another look" in page.text
    assert (
        f'href="/p/{plan}/compare?from=1&amp;to=2&amp;only=1">what changed since v1</a>'
        in page.text
    )
    assert 'id="pp-approve"' in page.text and "You asked for changes to v1" in page.text
    assert bob.send("DELETE", f"/p/{plan}/sign-off").status_code == 200
    assert "needs another look" not in bob.get(f"/p/{plan}").text


@pytest.fixture
def parts(push, plan):
    """Version 2 of the plan: three sections."""
    push("alice", [piece("intro"), piece("data"), piece("risks")], plan=plan, base_version=1)
    return f"/p/{plan}/sign-off"


def test_some_sections_are_approved_and_kept_over_a_push_that_leaves_them(
    browser, push, plan, parts
):
    bob = browser("bob")
    told = APPROVE | {"sections": ["risks", "intro"], "version": "2"}
    assert bob.send("POST", parts, told, htmx=False).status_code == 303
    page = bob.get(f"/p/{plan}")
    assert status(page) == WAITING and "approved 2 of 3 sections" in page.text
    assert "<bdi>Intro</bdi>, <bdi>Risks</bdi>" in page.text and 'id="pp-approve"' in page.text
    push(
        "alice", [piece("intro"), piece("data", "New."), piece("risks")], plan=plan, base_version=2
    )
    page = bob.get(f"/p/{plan}").text
    assert "approved 2 of 3 sections of v2" in page and "kept, nothing it covers changed" in page
    push(
        "alice", [piece("intro", "New."), piece("data"), piece("risks")], plan=plan, base_version=3
    )
    assert "what changed since v2" in bob.get(f"/p/{plan}").text


MISSING = [
    ({"sections": ["intro", "nowhere"]}, "Version 2 has no section nowhere."),
    ({"sections": ["<b>"]}, "Version 2 has no section &lt;b&gt;."),
    ({"about": "some"}, "Choose at least one section."),
]


def test_sections_that_are_not_there_come_back_in_the_form(browser, plan, parts):
    for decision in [APPROVE, OBJECT]:
        for told, said in MISSING:
            bob = browser("bob")
            for htmx in (True, False):
                answer = bob.send("POST", parts, decision | told, htmx=htmx)
                assert answer.status_code == 422 and said in answer.text
                assert answer.text.count('class="err"') == 1
            assert status(bob.get(f"/p/{plan}")) == WAITING, (told, said)


def test_the_whole_plan_is_what_is_meant_by_all_sections_and_by_none(browser, plan, parts):
    bob, every = browser("bob"), {"sections": ["intro", "data", "risks"]}
    for told in (every, {"about": "plan", "sections": ["intro"]}, {}):
        bob.send("POST", parts, OBJECT | told)
        assert "You asked for changes to v2" in bob.get(f"/p/{plan}").text
        bob.send("POST", parts, APPROVE | told)
        assert status(bob.get(f"/p/{plan}")) == "Approved"


def test_the_forms_without_script_are_pages(browser, plan, parts):
    bob = browser("bob")
    for decision, words in (("approve", "Approve some sections"), ("", "Ask for changes")):
        page = bob.get(f"{parts}?decision={decision}").text
        assert f"<h1>{words}</h1>" in page and 'name="sections" value="risks"' in page


def test_whoever_pushed_a_version_does_not_decide_about_it(app, browser, push, plan):
    invite(app, plan, "pam")
    push("pam", [piece("intro")], plan=plan, base_version=1)
    pam = browser("pam")
    assert "pp-approve" not in pam.get(f"/p/{plan}").text
    assert pam.get(f"/p/{plan}/sign-off").status_code == 403
    refused = pam.send("POST", f"/p/{plan}/sign-off", APPROVE)
    assert refused.status_code == 403 and "You pushed version 2: somebody else" in refused.text
    push("alice", [piece("intro", "Anew.")], plan=plan, base_version=2)
    assert pam.send("POST", f"/p/{plan}/sign-off", APPROVE).status_code == 201


def test_a_section_named_as_a_field_takes_no_id_away(browser, push, plan):
    names = "note", "send", "all", "few", "err", "not", "title", "dialog"
    push("alice", [piece(name) for name in names], plan=plan, base_version=1)
    ids = re.findall(r' id="([^"]*)"', browser("bob").get(f"/p/{plan}").text)
    assert "pp-object-s-note" in ids and "pp-some-s-send" in ids
    assert len(ids) == len(set(ids))
