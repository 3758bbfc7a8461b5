"""Archives: who puts a plan away and takes it out, and what its page says meanwhile."""

import pytest

from tests.conftest import DOCUMENT, invite

NOTICE = "This plan is archived"


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_owner_admin_and_project_manager_put_it_away_and_take_it_out(browser, plan, name):
    somebody = browser(name)
    answer = somebody.send("POST", f"/p/{plan}/archive")
    assert answer.status_code == 201 and NOTICE in answer.text
    assert "<html" not in answer.text and 'hx-target="#pp-bar"' in answer.text
    assert f"/p/{plan}" not in somebody.get("/dashboard/plans?q=").text
    assert f"/p/{plan}" in somebody.get("/dashboard/plans?q=is:archived").text
    answer = somebody.send("DELETE", f"/p/{plan}/archive")
    assert answer.status_code == 200 and NOTICE not in answer.text
    assert f"/p/{plan}" in somebody.get("/dashboard/plans?q=").text


@pytest.mark.parametrize("kind", ["editor", "reviewer"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_who_sees_it_only_may_not(app, browser, plan, kind, method):
    invite(app, plan, "charlie", kind)
    assert browser("charlie").send(method, f"/p/{plan}/archive").status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_of_what_is_published_a_stranger_learns_that_they_may_not(browser, plan, method):
    assert browser("charlie").send(method, f"/p/{plan}/archive").status_code == 404
    browser("alice").send("POST", f"/p/{plan}/publication")
    assert browser("charlie").send(method, f"/p/{plan}/archive").status_code == 403


def test_the_page_says_so_and_offers_a_way_out_to_who_may(browser, plan):
    alice, bob = browser("alice"), browser("bob")
    assert NOTICE not in alice.get(f"/p/{plan}").text
    alice.send("POST", f"/p/{plan}/archive")
    for somebody, may in ((alice, True), (bob, False)):
        text = somebody.get(f"/p/{plan}").text
        assert NOTICE in text
        assert (f"/p/{plan}/archive" in text) is may


def test_a_page_that_is_kept_shows_it_at_once(browser, plan):
    alice = browser("alice")
    before = alice.get(f"/p/{plan}").headers["ETag"]
    alice.send("POST", f"/p/{plan}/archive")
    assert alice.get(f"/p/{plan}", headers={"If-None-Match": before}).status_code == 200


def test_people_still_comment_on_it(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/archive")
    bob = browser("bob")
    place = {"body": "Why?", "anchor": "intro"}
    assert bob.send("POST", f"/p/{plan}/threads", place).status_code == 201
    assert NOTICE in bob.get(f"/p/{plan}").text


def test_an_editors_new_version_takes_it_out(app, browser, agent, plan):
    invite(app, plan, "charlie")
    browser("alice").send("POST", f"/p/{plan}/archive")
    sent = {"data": DOCUMENT.replace("uuid", "text"), "content_type": "text/html"}
    pushed = agent("charlie", "POST", f"/api/push?plan={plan}&base_version=1", **sent)
    assert pushed.status_code == 201
    assert NOTICE not in browser("alice").get(f"/p/{plan}").text


def test_plain_forms_are_sent_on_to_the_page(browser, plan):
    alice = browser("alice")
    answer = alice.send("POST", f"/p/{plan}/archive", htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")
    answer = alice.send("POST", f"/p/{plan}/archive?_method=DELETE", htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")
    assert NOTICE not in alice.get(f"/p/{plan}").text


def test_it_needs_the_token_of_the_page(browser, plan):
    alice = browser("alice")
    for method in ("post", "delete"):
        assert getattr(alice.client, method)(f"/p/{plan}/archive").status_code == 403
    assert NOTICE not in alice.get(f"/p/{plan}").text


def test_the_audit_log_tells_it(browser, plan):
    alice, ada = browser("alice"), browser("ada")
    for method in ("POST", "DELETE"):
        alice.send(method, f"/p/{plan}/archive")
    text = ada.get("/admin/audit").text
    assert "Archived a plan" in text and "Took a plan out of the archive" in text
