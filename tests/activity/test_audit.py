"""The audit log's query: what it finds, and that it reads from the newest end."""

import datetime as dt

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.activity.audit import Audit
from planpush.database.session import commit, db
from planpush.errors import Invalid
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


def test_the_newest_come_first_and_go_on_before_an_id(log):
    first = Audit("action:test").page(size=40)
    again = Audit("action:test").page(before=first[-1].id, size=100)
    assert [int(one.object.split()[1]) for one in first + again] == list(range(99, -1, -1))


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
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
    ],
)
def test_terms_find(log, q, wanted):
    assert numbers(q, size=200) == [at for at in range(99, -1, -1) if wanted(at)]


def test_an_action_is_how_its_kind_begins(log):
    found = Audit("action:test.kind1 action:test.kind2").page(size=200)
    assert [int(one.object.split()[1]) % 4 for one in found] == [2, 1] * 25
    assert Audit("action:kind").page() == []


def test_where_a_file_is_cut(log):
    found = Audit("action:test")
    ids = [one.id for one in found.page(size=200)]
    assert found.cut_at(most=30) == ids[29]
    assert (found.cut_at(most=99), found.cut_at(most=100)) == (ids[98], None)
    assert Audit("action:nothing").cut_at() is None
    assert [len(one) for one in Audit("action:nothing").chunks()] == [0]


def test_too_many_people_are_not_guessed_at(database):
    rows = [{"email": f"p{at}@crowd.example", "name": "P"} for at in range(51)]
    db.session.execute(sa.insert(User), rows)
    with pytest.raises(Invalid, match="more than 50 people"):
        Audit("actor:crowd")


def test_39_an_event_cannot_be_changed_or_deleted_even_behind_the_models_back(log):
    for statement in ("UPDATE events SET target = 'x'", "DELETE FROM events"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_a_page_looks_through_so_many_entries_and_the_next_goes_on(log):
    found, newest = Audit("action:test object:nowhere"), Event.newest_of_all()
    assert found.floor(reach=30) == newest + 1 - 30
    assert Audit("action:test").floor(reach=30) is None  # an index finds these
    near = Audit("action:test object:0")
    first = near.page(size=200, floor=near.floor(reach=60))
    rest = near.page(before=near.floor(reach=60), size=200)
    assert [*first, *rest] == near.page(size=200) and rest
