"""Publications: who opens a plan to everybody, and who closes it again."""

import pytest

from tests.conftest import invite


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_owner_admin_and_project_manager_publish_and_take_back(browser, plan, name):
    somebody, charlie = browser(name), browser("charlie")
    answer = somebody.send("POST", f"/p/{plan}/publication")
    assert answer.status_code == 201 and "Published" in answer.text
    assert "<html" not in answer.text and 'hx-target="#pp-bar"' in answer.text
    assert charlie.get(f"/p/{plan}").status_code == 200
    answer = somebody.send("DELETE", f"/p/{plan}/publication")
    assert answer.status_code == 200 and "Private" in answer.text
    assert charlie.get(f"/p/{plan}").status_code == 404


@pytest.mark.parametrize("kind", ["editor", "reviewer"])
def test_editors_and_reviewers_may_not(app, browser, plan, kind):
    invite(app, plan, "charlie", kind)
    charlie = browser("charlie")
    assert charlie.send("POST", f"/p/{plan}/publication").status_code == 403
    browser("alice").send("POST", f"/p/{plan}/publication")
    assert charlie.send("DELETE", f"/p/{plan}/publication").status_code == 403
    assert "/publication" not in charlie.get(f"/p/{plan}").text


def test_a_stranger_may_not_close_what_is_published(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/publication")
    assert browser("charlie").send("DELETE", f"/p/{plan}/publication").status_code == 403


def test_plain_forms_are_sent_on_to_the_page(browser, plan):
    alice = browser("alice")
    answer = alice.send("POST", f"/p/{plan}/publication", htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")
    answer = alice.send("POST", f"/p/{plan}/publication?_method=DELETE", htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")


def test_publishing_twice_is_recorded_once(browser, plan, stored):
    alice = browser("alice")
    for _ in range(2):
        assert alice.send("POST", f"/p/{plan}/publication").status_code == 201
    assert " ".join(stored()["events"]).count("plan.published") == 1
