"""Resolutions: who may settle a thread, and who may open it again."""

import pytest

from tests.conftest import invite


def resolve(somebody, plan, thread, method="POST", htmx=True):
    return somebody.send(method, f"/p/{plan}/threads/{thread}/resolution", htmx=htmx)


@pytest.mark.parametrize("name", ["bob", "alice", "ada", "pam"])
def test_opener_owner_admin_and_project_manager_resolve(browser, plan, thread, name):
    answer = resolve(browser(name), plan, thread)
    assert answer.status_code == 201
    assert f"Resolved by {name.title()}" in answer.text
    assert "Undo" in answer.text and "<html" not in answer.text


@pytest.mark.parametrize("kind", ["editor", "reviewer"])
def test_another_reader_may_not_resolve(app, browser, plan, thread, kind):
    invite(app, plan, "charlie", kind)
    charlie = browser("charlie")
    assert resolve(charlie, plan, thread).status_code == 403
    assert "/resolution" not in charlie.get(f"/p/{plan}/threads/{thread}").text


def test_a_reviewer_resolves_only_what_they_opened(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/threads", {"body": "Mine"})
    assert resolve(browser("bob"), plan, 1).status_code == 403


@pytest.mark.parametrize("name", ["bob", "alice", "charlie"])
def test_whoever_sees_it_reopens(app, browser, plan, thread, name):
    invite(app, plan, "charlie", "reviewer")
    resolve(browser("alice"), plan, thread)
    answer = resolve(browser(name), plan, thread, "DELETE")
    assert answer.status_code == 200
    assert "Resolved by" not in answer.text


def test_plain_forms_are_sent_on_to_the_thread(browser, plan, thread):
    bob = browser("bob")
    target = f"/p/{plan}?thread={thread}#t{thread}"
    answer = resolve(bob, plan, thread, htmx=False)
    assert (answer.status_code, answer.location) == (303, target)
    path = f"/p/{plan}/threads/{thread}/resolution?_method=DELETE"
    answer = bob.send("POST", path, htmx=False)
    assert (answer.status_code, answer.location) == (303, target)
    assert "Reopen" not in bob.get(target).text


def test_counts_stay_right_however_often_it_is_pressed(browser, agent, plan, thread):
    bob = browser("bob")
    for method, counts in (
        ("POST", (0, 1)),
        ("POST", (0, 1)),
        ("DELETE", (1, 0)),
        ("DELETE", (1, 0)),
    ):
        assert resolve(bob, plan, thread, method).status_code < 300
        found = agent("bob", "GET", f"/api/plans/{plan}").json
        assert (found["open_threads"], found["resolved_threads"]) == counts


def test_who_resolved_stays_who_resolved(browser, plan, thread):
    resolve(browser("bob"), plan, thread)
    assert "Resolved by Bob" in resolve(browser("alice"), plan, thread).text


def test_a_reply_to_a_resolved_thread_leaves_it_resolved(browser, agent, plan, thread):
    bob = browser("bob")
    resolve(bob, plan, thread)
    bob.send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "Thanks"})
    assert agent("bob", "GET", f"/api/plans/{plan}/threads?state=open").json["threads"] == []
