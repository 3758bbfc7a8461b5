"""Drafts in the database: what goes with whom, and what a purge and time take."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.comments.drafts import MOST, Draft, Unsent
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.plans.plan import Plan
from tests.people import person


@pytest.fixture
def begun(app, plan):
    """Bob's drafts: a new thread on words of version 1, and one on the whole plan."""
    where = Place(anchor="intro", block=2, quote="rotate", prefix="Tokens ", suffix=" on", start=7)
    with app.app_context():
        found = Plan.find(plan, person("bob"))
        for key, place in (("k1", where), ("k2", Place())):
            unsent = Unsent(body="Hm", key=key, turn="p.1", version=1, where=place, blocking=True)
            Draft.save(found, "new", unsent, by=person("bob"))
        commit()
        yield found


def rows():
    return list(db.session.scalars(sa.select(Draft).order_by(Draft.place)))


def test_a_draft_remembers_where_and_how(begun):
    first, second = rows()
    assert (first.where.quote, first.where.block, first.where.start) == ("rotate", 2, 7)
    assert (first.version, first.blocking, first.key, second.where) == (1, True, "k1", Place())


def test_the_oldest_of_too_many_goes(begun):
    for number in range(MOST - 1):
        Draft.save(begun, "new", Unsent("Hm", key=f"n{number}"), by=person("bob"))
    found = Draft.of(begun, person("bob"))
    assert len(found) == MOST and "new:k1" not in found and "new:k2" in found
    assert next(iter(found)) == f"new:n{MOST - 2}"


@pytest.mark.parametrize(("anchors", "left"), [({"intro"}, "intro"), (set(), "")])
def test_a_purge_takes_the_quoted_words(begun, anchors, left):
    begun.newest = 2
    Draft.scrub(begun, [1], anchors)
    first, second = rows()
    assert first.where == Place(anchor=left) and first.body == "Hm"
    assert (first.version, first.key, second.where) == (2, "k1", Place())
    assert "rotate" not in repr([draft.selector for draft in rows()])


def test_drafts_go_with_their_person_their_plan_and_time(begun):
    eve = User.add("eve@example.com", name="Eve", roles=["developer"])
    other = Plan.start(title="Other", wish=None, visibility="private", by=person("bob"))
    for user, plan in ((eve, begun), (person("bob"), other)):
        db.session.add(Draft(user_id=user.id, plan_id=plan.id, place="reply:1", body="x"))
    db.session.flush()
    assert len(rows()) == 4
    db.session.execute(sa.delete(User).where(User.id == eve.id))
    db.session.execute(sa.delete(Plan).where(Plan.id == other.id))
    assert [draft.place for draft in rows()] == ["new:k1", "new:k2"]
    rows()[0].saved_at = now() - timedelta(days=91)
    db.session.flush()
    Draft.sweep()  # those that nobody came back to
    assert [draft.place for draft in rows()] == ["new:k2"]
