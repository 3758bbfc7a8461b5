"""Reviewers: who asks whom for a review, what that lets them see, and how it is taken back."""

import pytest

from tests.conftest import invite
from tests.people import CAST, person

CHARLIE = {"email": "charlie@example.com"}
MAY_NOT = {"bob", "charlie"}


def asked(page):
    return 'id="pp-seat-' in page.text and "Charlie</bdi></b> has not decided yet" in page.text


@pytest.mark.parametrize("name", sorted(set(CAST) - MAY_NOT))
def test_owner_admin_and_project_manager_ask_by_a_plain_form(browser, plan, name):
    somebody = browser(name)
    assert f'href="/p/{plan}/reviewers"' in somebody.get(f"/p/{plan}").text
    assert 'name="email"' in somebody.get(f"/p/{plan}/reviewers").text
    answer = somebody.send("POST", f"/p/{plan}/reviewers", CHARLIE, htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}/reviewers")
    assert asked(somebody.get(f"/p/{plan}/reviewers"))
    assert browser("charlie").get(f"/p/{plan}").status_code == 200  # a private plan


def test_an_editor_asks_too(app, browser, plan):
    invite(app, plan, "bob")
    bob = browser("bob")
    assert "/reviewers" in bob.get(f"/p/{plan}").text
    assert bob.send("POST", f"/p/{plan}/reviewers", CHARLIE).status_code == 201


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_reviewer_may_not_and_a_stranger_sees_nothing(browser, plan, stored, method, htmx):
    bob, charlie = browser("bob"), browser("charlie")
    assert "/reviewers" not in bob.get(f"/p/{plan}").text
    before = stored("rate_limits", "browser_sessions", "events")
    assert bob.get(f"/p/{plan}/reviewers").status_code == 403
    assert bob.send(method, f"/p/{plan}/reviewers", CHARLIE, htmx=htmx).status_code == 403
    assert charlie.get(f"/p/{plan}/reviewers").status_code == 404
    assert charlie.send(method, f"/p/{plan}/reviewers", CHARLIE, htmx=htmx).status_code == 404
    assert stored("rate_limits", "browser_sessions", "events") == before


def test_htmx_gets_the_list_and_is_told(browser, plan):
    answer = browser("alice").send("POST", f"/p/{plan}/reviewers", CHARLIE)
    assert answer.status_code == 201 and "<html" not in answer.text
    assert asked(answer) and "Charlie is asked for a review." in answer.text


def test_asking_twice_is_one_reviewer_and_reminds_them(browser, plan, stored):
    alice, charlie = browser("alice"), browser("charlie")
    for _ in range(2):
        alice.send("POST", f"/p/{plan}/reviewers", CHARLIE)
        assert "Asked for your review" in charlie.get(f"/p/{plan}").text
        charlie.send("DELETE", f"/p/{plan}/turn")
        assert "Asked for your review" not in charlie.get(f"/p/{plan}").text
    assert len([row for row in stored()["members"] if "reviewer" in row]) == 2  # bob, charlie
    assert len([row for row in stored()["events"] if "review.asked" in row]) == 2


@pytest.mark.parametrize("field", ["email", "user"])
@pytest.mark.parametrize("in_query", [True, False])
def test_taking_it_back_closes_a_private_plan_again(app, browser, plan, field, in_query):
    with app.app_context():
        told = {"email": "bob@example.com", "user": str(person("bob").id)}
    bob, alice = browser("bob"), browser("alice")
    assert bob.get(f"/p/{plan}").status_code == 200
    path = f"/p/{plan}/reviewers"
    told = {field: told[field]}
    if in_query:
        answer = alice.send("DELETE", f"{path}?{field}={told[field]}")
    else:
        answer = alice.send("POST", f"{path}?_method=DELETE", told, htmx=False)
    assert answer.status_code == (200 if in_query else 303)
    assert bob.get(f"/p/{plan}").status_code == 404
    assert "Bob</bdi></b>" not in alice.get(path).text


def test_taking_back_what_was_not_asked_changes_nothing(browser, plan, stored):
    alice, before = browser("alice"), stored("rate_limits", "browser_sessions", "events")
    for told in ("charlie@example.com", "nobody@example.com", "", "999999999", "x" * 300):
        answer = alice.send("DELETE", f"/p/{plan}/reviewers", {"email": told})
        assert answer.status_code == 200 and "They were not asked." in answer.text
    assert stored("rate_limits", "browser_sessions", "events") == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nobody@example.com", "There is no active person nobody@example.com."),
        ("", "Say who."),
        ("charlie@example.com", "There is no active person charlie@example.com."),
        ("alice@example.com", "Alice owns this plan: ask somebody else."),
        ("<b>x</b>", "There is no active person &lt;b&gt;x&lt;/b&gt;."),
    ],
)
def test_who_cannot_be_asked_comes_back_in_the_form(browser, plan, sql, typed, said):
    sql("UPDATE users SET active = false WHERE email = 'charlie@example.com'")
    alice = browser("alice")
    for htmx in (True, False):
        answer = alice.send("POST", f"/p/{plan}/reviewers", {"email": typed}, htmx=htmx)
        assert answer.status_code == 422 and said in answer.text
        assert ("<html" in answer.text) != htmx
    assert "Charlie</bdi>" not in alice.get(f"/p/{plan}/reviewers").text


def test_who_is_asked_is_told(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/reviewers", CHARLIE)
    assert "asks for your review of" in browser("charlie").get("/notices").text
    assert "asks for your review of" not in browser("alice").get("/notices").text


def test_who_left_is_not_waited_for(browser, plan, sql):
    alice = browser("alice")
    assert "Bob</bdi></b> has not decided yet" in alice.get(f"/p/{plan}").text
    sql("UPDATE users SET active = false WHERE email = 'bob@example.com'")
    assert "Bob</bdi></b>" not in alice.get(f"/p/{plan}").text
