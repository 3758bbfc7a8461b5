"""Erasing somebody: the page says what happens, asks for their address, and they are out."""

from __future__ import annotations

import json

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.privacy.erasure import go_on


def finish(app):
    with app.app_context():
        while go_on() is not False:
            commit()
        commit()


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


REFUSED = [
    ("bob", {}, "Type bob@example.com to confirm."),
    ("bob", {"confirm": "bob"}, "Type bob@example.com to confirm."),
    ("alice", {"confirm": "alice@example.com"}, "say who gets them"),
    ("alice", {"confirm": "alice@example.com", "email": "x@y.z"}, "no active person x@y.z"),
    ("alice", {"confirm": "alice@example.com", "email": "alice@example.com"}, "another owner"),
    ("ada", {"confirm": "ada@example.com"}, "Another admin can erase you."),
]


def test_what_is_not_right_comes_back_in_the_form(ada, member, plan):
    for name, sent, said in REFUSED:
        answer = ada.send("POST", member(name, "/erasure"), sent, htmx=False)
        assert answer.status_code in (409, 422) and said in answer.text, (name, sent)
        assert "Data of" in answer.text


def test_plans_are_handed_over_on_the_way(ada, member, plan, browser, app):
    sent = {"confirm": "alice@example.com", "email": "bob@example.com"}
    assert ada.send("POST", member("alice", "/erasure"), sent, htmx=False).status_code == 303
    finish(app)
    page = browser("bob").get("/p/auth").text
    assert "Owner: Bob" in page and "Pushed by Deleted person" in page and "Alice" not in page


def test_a_directory_finds_nobody_and_may_make_a_new_person(ada, member, app):
    with app.app_context():
        token = Token.issue_scim(name="directory")
        commit()
    client, number = app.test_client(), member("bob").rpartition("/")[2]
    told = {
        "headers": {"Authorization": f"Bearer {token}"},
        "content_type": "application/scim+json",
    }
    assert client.get(f"/scim/v2/Users/{number}", **told).status_code == 200
    ada.send("POST", member("bob", "/erasure"), {"confirm": "bob@example.com"})
    finish(app)
    assert client.get(f"/scim/v2/Users/{number}", **told).status_code == 404
    found = client.get('/scim/v2/Users?filter=userName eq "bob@example.com"', **told)
    assert found.get_json(force=True)["totalResults"] == 0
    new = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bob@example.com"}
    made = client.post("/scim/v2/Users", data=json.dumps(new), **told)
    assert made.status_code == 201 and made.get_json(force=True)["id"] != number
