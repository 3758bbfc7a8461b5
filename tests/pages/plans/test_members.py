"""Editors and reviewers: who names them, what that lets them see and do, and how it ends."""

import pytest

from tests.conftest import code, invite, piece
from tests.people import person

CHARLIE = {"email": "charlie@example.com"}
QUIET = ("rate_limits", "browser_sessions", "events")
TOLD = {
    "editors": {
        "added": "Charlie may push to this plan now", "notice": "made you an editor of",
        "owner": "Alice owns this plan, and may push to it anyway.",
        "nobody": "They were no editor.",
    },
    "reviewers": {
        "added": "Charlie is asked for a review.", "notice": "asks for your review of",
        "owner": "Alice owns this plan: ask somebody else.", "nobody": "They were not asked.",
    },
}  # fmt: skip
EACH = pytest.mark.parametrize("kind", TOLD)


def listed(page):
    return "<bdi>Charlie</bdi>" in page.text


@EACH
def test_owner_admin_and_project_manager_name_somebody_and_take_it_back(
    app, browser, push, plan, kind
):
    charlie, at = browser("charlie"), f"/p/{plan}/{kind}"
    with app.app_context():
        told = {"email": CHARLIE["email"], "user": str(person("charlie").id)}
    for name, field in (("alice", "email"), ("ada", "user"), ("pam", "email"), ("alice", "user")):
        somebody = browser(name)
        assert f'href="{at}"' in somebody.get(f"/p/{plan}").text
        answer = somebody.send("POST", at, CHARLIE, htmx=False)
        assert (answer.status_code, answer.location) == (303, at)
        assert listed(somebody.get(at)) and charlie.get(f"/p/{plan}").status_code == 200, name
        assert charlie.get("/notices").text.count(TOLD[kind]["notice"]) == 1
        if name == "ada":
            assert somebody.send("DELETE", f"{at}?{field}={told[field]}").status_code == 200
        else:
            form = {field: told[field]}
            assert (
                somebody.send("POST", f"{at}?_method=DELETE", form, htmx=False).status_code == 303
            )
        assert not listed(somebody.get(at)) and charlie.get(f"/p/{plan}").status_code == 404, name
        assert TOLD[kind]["notice"] not in charlie.get("/notices").text


@EACH
def test_htmx_gets_the_list_and_is_told(browser, plan, kind):
    answer = browser("alice").send("POST", f"/p/{plan}/{kind}", CHARLIE)
    assert answer.status_code == 201 and "<html" not in answer.text
    assert listed(answer) and TOLD[kind]["added"] in answer.text


@EACH
def test_a_reviewer_names_nobody(browser, plan, stored, kind):
    bob, at = browser("bob"), f"/p/{plan}/{kind}"
    assert at not in bob.get(f"/p/{plan}").text
    before = stored(*QUIET)
    assert bob.get(at).status_code == 403
    for method in ("POST", "DELETE"):
        for htmx in (True, False):
            assert bob.send(method, at, CHARLIE, htmx=htmx).status_code == 403
    assert stored(*QUIET) == before


@EACH
def test_taking_away_who_was_not_named_changes_nothing(browser, plan, stored, kind):
    alice, before = browser("alice"), stored(*QUIET)
    for told in ("charlie@example.com", "nobody@example.com", "", "999999999", "x" * 300):
        answer = alice.send("DELETE", f"/p/{plan}/{kind}", {"email": told})
        assert answer.status_code == 200 and TOLD[kind]["nobody"] in answer.text
    assert stored(*QUIET) == before


@EACH
def test_who_cannot_be_named_comes_back_in_the_form(browser, plan, sql, kind):
    sql("UPDATE users SET active = false WHERE email = 'charlie@example.com'")
    alice, absent = browser("alice"), "There is no active person {}."
    for typed, said in (
        ("", "Say who."), ("alice@example.com", TOLD[kind]["owner"]),
        *((who, absent.format(who)) for who in ("nobody@example.com", "charlie@example.com")),
        ("<b>x</b>", absent.format("&lt;b&gt;x&lt;/b&gt;")),
    ):  # fmt: skip
        for htmx in (True, False):
            answer = alice.send("POST", f"/p/{plan}/{kind}", {"email": typed}, htmx=htmx)
            assert answer.status_code == 422 and said in answer.text, typed
            assert ("<html" in answer.text) != htmx
    assert not listed(alice.get(f"/p/{plan}/{kind}"))


def test_an_editor_pushes_and_asks_for_reviews_until_taken_away(app, browser, push, plan):
    alice, charlie = browser("alice"), browser("charlie")
    alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    again = alice.send("POST", f"/p/{plan}/editors", CHARLIE)
    assert again.status_code == 200 and "Charlie may push already." in again.text
    assert push("charlie", [piece("intro")], plan=plan, base_version=1).status_code == 201
    asked = charlie.send("POST", f"/p/{plan}/reviewers", {"email": "pam@example.com"})
    assert asked.status_code == 201
    menus = {name: browser(name).get(f"/p/{plan}").text for name in ("alice", "bob", "charlie")}
    assert "Editors: <bdi>Charlie</bdi>" in menus["bob"]
    for name in ("alice", "charlie"):
        assert "Editors…<small><bdi>Charlie</bdi></small>" in menus[name]
    alice.send("DELETE", f"/p/{plan}/editors", CHARLIE)
    refused = push("charlie", [piece("intro")], plan=plan, base_version=2)
    assert (refused.status_code, code(refused)) == (404, "not_found")
    alice.send("POST", f"/p/{plan}/publication")
    assert charlie.get(f"/p/{plan}").status_code == 200
    assert push("charlie", [piece("intro")], plan=plan, base_version=2).status_code == 403
    told, activity = browser("ada").get("/admin/audit").text, alice.get("/activity").text
    assert "Let somebody push to a plan" in told and "Let somebody push to a plan no more" in told
    assert "made Charlie an editor of" in activity
    assert "took Charlie from the editors of" in activity


def test_an_editor_takes_away_nobody_but_themselves(app, browser, plan):
    for name in ("bob", "charlie"):
        invite(app, plan, name)
    bob, charlie, at = browser("bob"), browser("charlie"), f"/p/{plan}/editors"
    page = bob.get(at).text
    assert 'name="email"' not in page and page.count("?_method=DELETE") == 1 and "Leave" in page
    assert bob.send("POST", at, {"email": "pam@example.com"}).status_code == 403
    assert bob.send("DELETE", at, CHARLIE).status_code == 403
    answer = bob.send("POST", f"{at}?_method=DELETE", {"email": "bob@example.com"}, htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")  # a reviewer, still
    assert bob.get(at).status_code == 403
    answer = charlie.send("DELETE", at, CHARLIE)
    assert answer.headers["HX-Redirect"] == "/dashboard"
    assert charlie.get(f"/p/{plan}").status_code == 404
    assert "left the editors of" in browser("alice").get("/activity").text


def test_who_has_left_is_named_and_not_waited_for(app, browser, plan, sql):
    alice, at = browser("alice"), f"/p/{plan}/editors"
    invite(app, plan, "charlie")
    assert "Bob</bdi></b> has not decided yet" in alice.get(f"/p/{plan}").text
    sql("UPDATE users SET active = false WHERE name IN ('Bob', 'Charlie')")
    assert "Bob</bdi></b>" not in alice.get(f"/p/{plan}").text
    assert "Charlie</bdi></b> has left" in alice.get(at).text
    assert "Charlie may push no more." in alice.send("DELETE", at, CHARLIE).text


def test_who_handed_a_plan_over_stays_an_editor_and_the_new_owner_is_none(app, browser, plan):
    invite(app, plan, "bob")
    browser("alice").send("POST", f"/p/{plan}/owner", {"email": "bob@example.com"})
    page = browser("bob").get(f"/p/{plan}/editors").text
    assert "<bdi>Bob</bdi></b> owns this plan" in page and page.count("?_method=DELETE") == 1
    assert "<bdi>Alice</bdi>" in page


def test_asking_twice_is_one_reviewer_and_reminds_them(browser, plan, stored):
    alice, charlie = browser("alice"), browser("charlie")
    for _ in range(2):
        alice.send("POST", f"/p/{plan}/reviewers", CHARLIE)
        assert "Asked for your review" in charlie.get(f"/p/{plan}").text
        charlie.send("DELETE", f"/p/{plan}/turn")
        assert "Asked for your review" not in charlie.get(f"/p/{plan}").text
    assert len([row for row in stored()["members"] if "reviewer" in row]) == 2  # bob, charlie
    assert len([row for row in stored()["events"] if "review.asked" in row]) == 2
