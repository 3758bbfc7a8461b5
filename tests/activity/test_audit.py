"""The audit log's query: what it finds, and that it reads from the newest end."""

import datetime as dt

import pytest
import sqlalchemy as sa

from planpush.activity.audit import Audit
from planpush.database.session import commit, db
from planpush.events.event import Event
from tests.people import person

BEGAN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def log(database):
    """A hundred events, an hour apart: of alice, bob and nobody in turn."""
    people = [person("alice"), person("bob"), None]
    rows = [
        {
            "kind": f"test.kind{at % 4}",
            "at": BEGAN + dt.timedelta(hours=at),
            "target": f"thing {at}",
            "actor_id": people[at % 3].id if people[at % 3] else None,
            "address": f"10.0.0.{at}",
        }
        for at in range(100)
    ]
    db.session.execute(sa.insert(Event), rows)
    commit()


def numbers(q, **options):
    return [int(one.object.split()[1]) for one in Audit(f"{q} action:test").page(**options)]


FOUND = [
    ("actor:alice", lambda at: at % 3 == 0),
    ("actor:alice@example.com", lambda at: at % 3 == 0),
    ("actor:ALI actor:nobody", lambda at: at % 3 != 1),
    ("-actor:alice", lambda at: at % 3 != 0),
    ("-actor:nobody", lambda at: at % 3 != 2),
    ("actor:bob -action:test.kind1", lambda at: at % 3 == 1 and at % 4 != 1),
    ("since:2026-11-02 until:2026-11-02", lambda at: 24 <= at < 48),
    ("since:2026-11-02T12:00", lambda at: at >= 36),
    ("until:2026-11-02T12:00", lambda at: at <= 36),
    ("-since:2026-11-02", lambda at: at < 24),
    ("address:10.0.0.7", lambda at: at == 7 or at // 10 == 7),
    ("object:9", lambda at: "9" in str(at)),
    ('"thing 5"', lambda at: str(at).startswith("5")),
    ("object:_", lambda at: False),
    ("actor:stranger", lambda at: False),
]


def test_terms_find(log):
    for q, wanted in FOUND:
        assert numbers(q, size=200) == [at for at in range(99, -1, -1) if wanted(at)], q
