"""Retention: the log goes after its days, but for what a plan's own pages tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db, now
from planpush.events.event import Event, came_from
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


def test_old_entries_go_and_those_of_plans_lose_where_they_came_from(old):
    Setting.change({"audit_days": "400"}, by=person("ada"))
    Event.record("user.added", by=None, target="newest")
    commit()
    sweep()
    commit()
    assert log("session.started") == [] and log("plan.published") == [""] * 3
    query = sa.select(Event.address).where(Event.kind == "version.pushed")
    assert db.session.scalars(query).all() == ["10.2.8.7"]


@pytest.mark.parametrize(("days", "left"), [("0", 3), ("501", 3), ("499", 0)])
def test_an_admin_says_how_long_the_log_is_kept(old, days, left):
    Event.record("user.added", by=None, target="newest")
    Setting.change({"audit_days": days}, by=person("ada"))
    commit()
    sweep()
    commit()
    query = sa.select(sa.func.count()).where(Event.kind == "session.started", Event.data != {})
    assert len(log("session.started")) == left, query


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
