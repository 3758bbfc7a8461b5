"""Editors: who lets whom push, what that lets them do, and how it ends."""

import pytest

from tests.conftest import code, invite, piece
from tests.people import CAST, person

CHARLIE = {"email": "charlie@example.com"}
MAY_NOT = {"bob", "charlie"}
QUIET = ("rate_limits", "browser_sessions", "events")


@pytest.mark.parametrize("name", sorted(set(CAST) - MAY_NOT))
def test_owner_admin_and_project_manager_add_an_editor_by_a_plain_form(browser, push, plan, name):
    somebody, at = browser(name), f"/p/{plan}/editors"
    assert f'href="{at}"' in somebody.get(f"/p/{plan}").text
    assert 'name="email"' in somebody.get(at).text
    answer = somebody.send("POST", at, CHARLIE, htmx=False)
    assert (answer.status_code, answer.location) == (303, at)
    assert "<bdi>Charlie</bdi>" in somebody.get(at).text
    assert browser("charlie").get(f"/p/{plan}").status_code == 200  # a private plan
    assert push("charlie", [piece("intro")], plan=plan, base_version=1).status_code == 201


def test_htmx_gets_the_list_and_is_told(browser, plan):
    alice = browser("alice")
    answer = alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    assert answer.status_code == 201 and "<html" not in answer.text
    assert (
        "<bdi>Charlie</bdi>" in answer.text and "Charlie may push to this plan now" in answer.text
    )
    again = alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    assert again.status_code == 200 and "Charlie may push already." in again.text


def test_everybody_who_sees_the_plan_sees_who_edits_it(app, browser, plan):
    def menu(name):
        return browser(name).get(f"/p/{plan}").text.partition('id="pp-more"')[2]

    assert "Editor" not in menu("bob")
    invite(app, plan, "charlie")
    assert "Editors: <bdi>Charlie</bdi>" in menu("bob")
    for name in ("alice", "charlie"):
        assert "Editors…<small><bdi>Charlie</bdi></small>" in menu(name)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_reviewer_may_not_and_a_stranger_sees_nothing(browser, plan, stored, method, htmx):
    bob, charlie, at = browser("bob"), browser("charlie"), f"/p/{plan}/editors"
    assert at not in bob.get(f"/p/{plan}").text
    before = stored(*QUIET)
    assert bob.get(at).status_code == 403
    answer = bob.send(method, at, CHARLIE, htmx=htmx)
    assert answer.status_code == 403 and "owner, an admin or a project manager" in answer.text
    assert charlie.get(at).status_code == 404
    assert charlie.send(method, at, CHARLIE, htmx=htmx).status_code == 404
    assert stored(*QUIET) == before


def test_an_editor_adds_and_takes_away_nobody_but_themselves(app, browser, plan):
    for name in ("bob", "charlie"):
        invite(app, plan, name)
    bob, at = browser("bob"), f"/p/{plan}/editors"
    page = bob.get(at).text
    assert 'name="email"' not in page and page.count("?_method=DELETE") == 1 and "Leave" in page
    assert bob.send("POST", at, {"email": "pam@example.com"}).status_code == 403
    assert bob.send("DELETE", at, CHARLIE).status_code == 403
    answer = bob.send("POST", f"{at}?_method=DELETE", {"email": "bob@example.com"}, htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")  # a reviewer, still
    assert bob.get(at).status_code == 403


def test_who_leaves_a_private_plan_is_led_away_from_it(app, browser, plan):
    invite(app, plan, "charlie")
    charlie = browser("charlie")
    answer = charlie.send("DELETE", f"/p/{plan}/editors", CHARLIE)
    assert answer.headers["HX-Redirect"] == "/dashboard"
    assert charlie.get(f"/p/{plan}").status_code == 404
    assert "left the editors of" in browser("alice").get("/activity").text


@pytest.mark.parametrize("field", ["email", "user"])
@pytest.mark.parametrize("in_query", [True, False])
def test_who_is_taken_away_pushes_no_more_and_sees_no_private_plan(
    app, browser, push, plan, field, in_query
):
    invite(app, plan, "charlie")
    with app.app_context():
        told = {"email": "charlie@example.com", "user": str(person("charlie").id)}[field]
    alice, at = browser("alice"), f"/p/{plan}/editors"
    if in_query:
        answer = alice.send("DELETE", f"{at}?{field}={told}")
    else:
        answer = alice.send("POST", f"{at}?_method=DELETE", {field: told}, htmx=False)
    assert answer.status_code == (200 if in_query else 303)
    assert browser("charlie").get(f"/p/{plan}").status_code == 404
    refused = push("charlie", [piece("intro")], plan=plan, base_version=1)
    assert (refused.status_code, code(refused)) == (404, "not_found")
    assert "Charlie" not in alice.get(at).text


def test_a_published_plan_is_seen_but_not_pushed_by_who_edits_it_no_more(app, browser, push, plan):
    invite(app, plan, "charlie")
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/publication")
    alice.send("DELETE", f"/p/{plan}/editors", CHARLIE)
    assert browser("charlie").get(f"/p/{plan}").status_code == 200
    assert push("charlie", [piece("intro")], plan=plan, base_version=1).status_code == 403


def test_taking_away_who_is_no_editor_changes_nothing(browser, plan, stored):
    alice, before = browser("alice"), stored(*QUIET)
    for told in ("bob@example.com", "nobody@example.com", "", "999999999", "x" * 300):
        answer = alice.send("DELETE", f"/p/{plan}/editors", {"email": told})
        assert answer.status_code == 200 and "They were no editor." in answer.text
    assert stored(*QUIET) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nobody@example.com", "There is no active person nobody@example.com."),
        ("", "Say who."),
        ("charlie@example.com", "There is no active person charlie@example.com."),
        ("alice@example.com", "Alice owns this plan, and may push to it anyway."),
        ("<b>x</b>", "There is no active person &lt;b&gt;x&lt;/b&gt;."),
    ],
)
def test_who_cannot_be_added_comes_back_in_the_form(browser, plan, sql, typed, said):
    sql("UPDATE users SET active = false WHERE email = 'charlie@example.com'")
    alice = browser("alice")
    for htmx in (True, False):
        answer = alice.send("POST", f"/p/{plan}/editors", {"email": typed}, htmx=htmx)
        assert answer.status_code == 422 and said in answer.text
        assert ("<html" in answer.text) != htmx
    assert "Charlie</bdi>" not in alice.get(f"/p/{plan}/editors").text


def test_who_is_added_is_told_once_and_it_is_audited(browser, plan, stored):
    alice = browser("alice")
    for _ in range(2):
        alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    page = browser("charlie").get("/notices").text
    assert page.count("made you an editor of") == 1
    alice.send("DELETE", f"/p/{plan}/editors", CHARLIE)
    assert "made you an editor of" not in browser("charlie").get("/notices").text
    told = browser("ada").get("/admin/audit").text
    assert "Let somebody push to a plan" in told and "Let somebody push to a plan no more" in told
    assert "made Charlie an editor of" in alice.get("/activity").text
    assert "took Charlie from the editors of" in alice.get("/activity").text


def test_who_has_left_is_named_and_can_be_taken_away(app, browser, plan, sql):
    invite(app, plan, "charlie")
    sql("UPDATE users SET active = false WHERE email = 'charlie@example.com'")
    alice, at = browser("alice"), f"/p/{plan}/editors"
    assert "Charlie</bdi></b> has left" in alice.get(at).text
    assert "Charlie may push no more." in alice.send("DELETE", at, CHARLIE).text


def test_who_handed_a_plan_over_stays_an_editor_and_the_new_owner_is_none(app, browser, plan):
    invite(app, plan, "bob")
    browser("alice").send("POST", f"/p/{plan}/owner", {"email": "bob@example.com"})
    page = browser("bob").get(f"/p/{plan}/editors").text
    assert "<bdi>Bob</bdi></b> owns this plan" in page and page.count("?_method=DELETE") == 1
    assert "<bdi>Alice</bdi>" in page


def test_a_kept_page_is_not_confirmed_when_somebody_edits(browser, plan):
    alice = browser("alice")
    before = alice.get(f"/p/{plan}").headers["ETag"]
    alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    after = alice.get(f"/p/{plan}").headers["ETag"]
    alice.send("DELETE", f"/p/{plan}/editors", CHARLIE)
    assert len({before, after, alice.get(f"/p/{plan}").headers["ETag"]}) == 3
