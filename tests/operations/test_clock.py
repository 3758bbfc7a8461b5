"""A clock that was ahead and is set right: nobody waits for the day that it was."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.database.rate_limits import RateLimit
from planpush.database.session import commit, db, now
from planpush.notifications.channels import Outlet
from planpush.notifications.outbox import Delivery
from planpush.operations.clock import mend
from tests.people import person

DAY = timedelta(days=1)


def test_a_window_that_begins_tomorrow_holds_nobody(database):
    for _ in range(3):
        RateLimit.hit("a", limit=1, seconds=60)
    database.scalars(sa.select(RateLimit)).one().started_at = now() + DAY
    commit()
    assert RateLimit.hit("a", limit=1, seconds=60) == 0
    assert 0 < RateLimit.hit("a", limit=1, seconds=60) <= 60


@pytest.fixture
def ahead(app, plan):
    """Rows of a server that worked for a while in the day after this one."""
    told = {
        "channel": "channel",
        "outlet": "slack:C1",
        "lane": "l",
        "manner": "each",
        "topics": "x",
    }
    with app.app_context():
        late = {"due_at": now() + DAY, "told_at": now() + DAY, "claimed_until": now() + DAY}
        db.session.add(Delivery(plan_id=1, claimed_by="w", **told, **late, created_at=now() + DAY))
        db.session.add(Outlet(key="slack:C1", held_until=now() + DAY, free_at=now() + DAY))
        name = {"provider": "github", "issuer": "x", "subject": "1", "login": "a"}
        db.session.add(Identity(user_id=person("alice").id, checked_at=now() + DAY, **name))
        BrowserSession.start(person("alice"), provider="local")
        db.session.flush()
        db.session.execute(sa.update(BrowserSession).values(seen_at=now() + 8 * DAY))
        commit()
        yield db.session


def test_what_was_left_in_the_future_is_pulled_back(ahead):
    assert mend() >= 7
    commit()
    sent = ahead.scalars(sa.select(Delivery)).one()
    way = ahead.scalars(sa.select(Outlet)).one()
    assert max(sent.due_at, sent.told_at, sent.created_at) <= now() + timedelta(seconds=5)
    assert (sent.claimed_until, way.held_until, way.free_at) == (None, None, None)
    assert ahead.scalars(sa.select(Identity.checked_at)).one() < now()
    assert ahead.scalars(sa.select(BrowserSession.seen_at)).first() <= now() + timedelta(seconds=5)
    assert mend() == 0


def test_whoever_is_signed_in_stays_so_while_the_clock_is_a_day_behind(database, monkeypatch):
    secret = BrowserSession.start(person("alice"), provider="local")
    commit()
    with monkeypatch.context() as behind:
        for module in ("operations.clock.clock", "accounts.sessions.now"):
            behind.setattr(f"planpush.{module}", lambda: now() - DAY)
        mend()
        commit()
        assert BrowserSession.find(secret) is not None
    assert BrowserSession.find(secret) is not None
