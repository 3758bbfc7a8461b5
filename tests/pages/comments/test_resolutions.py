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


def test_another_reader_may_not_resolve(app, browser, plan, thread):
    for kind in ["editor", "reviewer"]:
        invite(app, plan, "charlie", kind)
        charlie = browser("charlie")
        assert resolve(charlie, plan, thread).status_code == 403, kind
        assert "/resolution" not in charlie.get(f"/p/{plan}/threads/{thread}").text


@pytest.mark.parametrize("name", ["bob", "alice", "charlie"])
def test_whoever_sees_it_reopens(app, browser, plan, thread, name):
    invite(app, plan, "charlie", "reviewer")
    resolve(browser("alice"), plan, thread)
    answer = resolve(browser(name), plan, thread, "DELETE")
    assert answer.status_code == 200
    assert "Resolved by" not in answer.text


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
