"""Deleting a plan: gone for everybody, listed for who may bring it back, then as it was."""

from __future__ import annotations

import sqlalchemy as sa

from planpush.database.session import commit, db, now
from planpush.operations.plan_deletion import KEPT
from planpush.plans.plan import Plan


def test_the_owner_deletes_a_plan_and_brings_it_back(plan, browser):
    alice, bob = browser("alice"), browser("bob")
    asked = alice.get("/p/auth/deletion")
    assert "for 30 days" in asked.text and "1 version" in asked.text
    gone = alice.send("POST", "/p/auth/deletion", htmx=False)
    assert (gone.status_code, gone.location) == (303, "/deleted")
    for somebody in (alice, bob, browser("ada")):
        assert somebody.get("/p/auth").status_code == 404
        assert "/p/auth" not in somebody.get("/dashboard").text
    listed = alice.get("/deleted").text
    assert "/p/auth" in listed and "can come back until" in listed
    back = alice.send("DELETE", "/p/auth/deletion", htmx=False)
    assert (back.status_code, back.location) == (303, "/p/auth")
    assert bob.get("/p/auth").status_code == 200
    assert "Nothing is deleted." in alice.get("/deleted").text


def test_who_only_sees_it_may_not(plan, browser):
    for name in ["bob", "pam"]:
        somebody = browser(name)
        assert somebody.get("/p/auth/deletion").status_code == 403, name
        assert somebody.send("POST", "/p/auth/deletion").status_code == 403
        assert somebody.send("DELETE", "/p/auth").status_code == 403
        assert 'id="pp-delete"' not in somebody.get("/p/auth").text


def test_nobody_else_brings_it_back_or_sees_it_listed(plan, browser):
    browser("alice").send("POST", "/p/auth/deletion")
    for name in ("bob", "pam", "charlie"):
        assert "auth" not in browser(name).get("/deleted").text
        assert browser(name).send("DELETE", "/p/auth/deletion").status_code == 404


def test_after_thirty_days_it_cannot_come_back(plan, browser, app):
    alice = browser("alice")
    alice.send("POST", "/p/auth/deletion")
    with app.app_context():
        db.session.execute(sa.update(Plan).values(deleted_at=now() - KEPT))
        commit()
    assert alice.send("DELETE", "/p/auth/deletion").status_code == 404
    assert "Nothing is deleted." in alice.get("/deleted").text
