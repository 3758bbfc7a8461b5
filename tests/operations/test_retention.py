"""Retention: the log goes after its days, but for what a plan's own pages tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db, now
from planpush.events.event import REDACT, Event, allowed, came_from
from planpush.notifications.outbox import SENT, Delivery
from planpush.operations.retention import sweep
from planpush.settings.store import Setting
from tests.people import person


@pytest.fixture
def old(pushed):
    """A log of 500 days ago: what happened on a plan, and beside it."""
    came_from("10.2.8.7", "abc")
    plan = pushed({"intro": "<h2>Intro</h2>"}).plan
    for number in range(3):
        long_ago = {"at": now() - timedelta(days=500), "address": "10.2.8.7"}
        db.session.add(Event(kind="session.started", data={"number": number}, **long_ago))
        db.session.add(Event(kind="plan.published", plan_id=plan.id, **long_ago))
    commit()
    return plan


def log(kind):
    query = sa.select(Event.address).where(Event.kind == kind)
    return db.session.scalars(query.where(Event.at < now() - timedelta(days=400))).all()


def test_nothing_of_the_log_goes_by_itself(old):
    sweep()
    commit()
    assert len(log("session.started")) == 3 and log("plan.published") == ["10.2.8.7"] * 3


def test_old_entries_go_and_those_of_plans_lose_where_they_came_from(old):
    Setting.change({"audit_days": "400"}, by=person("ada"))
    Event.record("user.added", by=None, target="newest")
    commit()
    sweep()
    commit()
    assert log("session.started") == [] and log("plan.published") == [""] * 3
    query = sa.select(Event.address).where(Event.kind == "version.pushed")
    assert db.session.scalars(query).all() == ["10.2.8.7"]


def test_the_newest_entry_keeps_its_number(old):
    Setting.change({"audit_days": "400"}, by=person("ada"))
    commit()
    newest = Event(kind="session.ended", at=now() - timedelta(days=450))
    db.session.add(newest)
    commit()
    sweep()
    commit()
    assert Event.newest_of_all() == newest.id


@pytest.mark.parametrize(("days", "left"), [("0", 3), ("501", 3), ("499", 0)])
def test_an_admin_says_how_long_the_log_is_kept(old, days, left):
    Event.record("user.added", by=None, target="newest")
    Setting.change({"audit_days": days}, by=person("ada"))
    commit()
    sweep()
    commit()
    query = sa.select(sa.func.count()).where(Event.kind == "session.started", Event.data != {})
    assert len(log("session.started")) == left, query


def test_more_than_one_piece_goes_in_one_sweep(database, monkeypatch):
    for name in ("database.batches", "operations.retention"):
        monkeypatch.setattr(f"planpush.{name}.SOME", 2)
    db.session.add_all(
        IdempotencyKey(user_id=person("bob").id, key=str(number), body_hash="",
                       created_at=now() - timedelta(days=2)) for number in range(7)
    )  # fmt: skip
    commit()
    sweep()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 0


def test_a_token_that_ended_is_forgotten_after_three_months(database):
    for days in (80, 100):
        Token.issue(person("bob"), name=str(days))
        commit()
        query = sa.update(Token).where(Token.name == str(days))
        database.execute(query.values(revoked_at=now() - timedelta(days=days)))
    Token.issue(person("bob"), name="live")
    commit()
    sweep()
    assert set(database.scalars(sa.select(Token.name))) == {"80", "live"}


def test_deliveries_are_kept_as_long_as_an_admin_says(old):
    sent = {"channel": "webhook", "outlet": "o", "lane": "l", "manner": "each", "topics": "t"}
    db.session.add(
        Delivery(plan_id=old.id, state=SENT, created_at=now() - timedelta(days=20), **sent)
    )
    Setting.change({"delivery_days": "30"}, by=person("ada"))
    commit()
    sweep()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1
    Setting.change({"delivery_days": "10"}, by=person("ada"))
    commit()
    sweep()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 0


def test_a_pass_ends_with_its_piece_of_work(old):
    changed = sa.update(Event).values(target="x").execution_options(synchronize_session=False)
    with allowed(REDACT):
        db.session.execute(changed)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        db.session.execute(changed)
    db.session.rollback()
