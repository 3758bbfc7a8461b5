"""Rate limits: exact, however many ask at once."""

from datetime import timedelta

import sqlalchemy as sa

from planpush.database.rate_limits import RateLimit
from planpush.database.session import commit, now
from tests.conftest import at_once


def test_39_exactly_the_limit_gets_through_eight_threads(app):
    def hit(_thread):
        waits = []
        for _ in range(10):
            with app.app_context():
                waits.append(RateLimit.hit("push:user:1", limit=33, seconds=60))
                commit()
        return waits

    waits = [wait for mine in at_once(8, hit) for wait in mine]
    assert sum(wait == 0 for wait in waits) == 33
    assert all(1 <= wait <= 60 for wait in waits if wait)


def test_subjects_do_not_share(database):
    for subject in ("a", "b"):
        assert RateLimit.hit(subject, limit=1, seconds=60) == 0
        assert RateLimit.hit(subject, limit=1, seconds=60) > 0


def test_the_window_opens_again(database):
    for _ in range(3):
        RateLimit.hit("a", limit=1, seconds=60)
    row = database.scalars(sa.select(RateLimit)).one()
    row.started_at = now() - timedelta(seconds=61)
    commit()
    assert RateLimit.hit("a", limit=1, seconds=60) == 0
    assert RateLimit.hit("a", limit=1, seconds=60) > 0
