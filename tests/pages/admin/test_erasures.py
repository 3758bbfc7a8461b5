"""Erasing somebody: the page says what happens, asks for their address, and they are out."""

from __future__ import annotations

import json

import pytest

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.privacy.erasure import go_on


def finish(app):
    with app.app_context():
        while go_on() is not False:
            commit()
        commit()


def test_the_page_says_what_will_happen_and_how_much_there_is(ada, member, plan, browser):
    browser("bob").send("POST", "/p/auth/threads", {"body": "Why?", "anchor": "intro"})
    page = ada.get(member("bob", "/erasure")).text
    assert "1 comment" in page and "1 browser session" in page and "Deleted person" in page
    assert "who gets their" not in page and "Backups" in page


def test_they_are_out_and_their_comment_stays_without_a_name(ada, member, plan, browser, app):
    bob = browser("bob")
    bob.send("POST", "/p/auth/threads", {"body": "Why?", "anchor": "intro"})
    at, sent = member("bob", "/erasure"), {"confirm": "Bob@example.com"}
    done = ada.send("POST", at, sent, htmx=False)
    assert (done.status_code, done.location) == (303, "/admin/audit?q=action:user.erased")
    assert bob.get("/p/auth").status_code in (302, 401)
    finish(app)
    page = browser("alice").get("/p/auth").text
    assert "Why?" in page and "Deleted person" in page and "Bob" not in page
    assert ada.get(at).status_code == 404
    assert "bob@example.com" not in ada.get("/admin/members").text + ada.get("/admin/audit").text


def test_with_their_words_the_thread_says_that_something_was_deleted(
    ada, member, plan, browser, app
):
    browser("bob").send("POST", "/p/auth/threads", {"body": "Why?", "anchor": "intro"})
    ada.send("POST", member("bob", "/erasure"), {"confirm": "bob@example.com", "words": "1"})
    finish(app)
    page = browser("alice").get("/p/auth").text
    assert "Why?" not in page and "This comment was deleted" in page


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("bob", {}, "Type bob@example.com to confirm."),
        ("bob", {"confirm": "bob"}, "Type bob@example.com to confirm."),
        ("alice", {"confirm": "alice@example.com"}, "say who gets them"),
        ("alice", {"confirm": "alice@example.com", "email": "x@y.z"}, "no active person x@y.z"),
        ("alice", {"confirm": "alice@example.com", "email": "alice@example.com"}, "another owner"),
        ("ada", {"confirm": "ada@example.com"}, "Another admin can erase you."),
    ],
)
def test_what_is_not_right_comes_back_in_the_form(ada, member, plan, name, sent, said):
    answer = ada.send("POST", member(name, "/erasure"), sent, htmx=False)
    assert answer.status_code in (409, 422) and said in answer.text
    assert "Data of" in answer.text


def test_plans_are_handed_over_on_the_way(ada, member, plan, browser, app):
    sent = {"confirm": "alice@example.com", "email": "bob@example.com"}
    assert ada.send("POST", member("alice", "/erasure"), sent, htmx=False).status_code == 303
    finish(app)
    page = browser("bob").get("/p/auth").text
    assert "Owner: Bob" in page and "Pushed by Deleted person" in page and "Alice" not in page


@pytest.fixture
def directory(app):
    """Call SCIM as a directory does."""
    with app.app_context():
        token = Token.issue_scim(name="directory")
        commit()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    def call(method, path, data=None):
        told = json.dumps(data) if data else None
        return app.test_client().open(f"/scim/v2{path}", method=method, data=told, headers=headers)

    return call


def test_a_directory_finds_nobody_and_may_make_a_new_person(ada, member, app, directory):
    bobs = member("bob")
    number = bobs.rpartition("/")[2]
    assert directory("GET", f"/Users/{number}").status_code == 200
    ada.send("POST", f"{bobs}/erasure", {"confirm": "bob@example.com"})
    finish(app)
    assert directory("GET", f"/Users/{number}").status_code == 404
    found = directory("GET", '/Users?filter=userName eq "bob@example.com"')
    assert found.get_json(force=True)["totalResults"] == 0
    new = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bob@example.com"}
    made = directory("POST", "/Users", new)
    assert made.status_code == 201 and made.get_json(force=True)["id"] != number
