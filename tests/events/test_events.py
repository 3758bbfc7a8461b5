"""Events: written once; neither the program nor SQL changes or deletes them."""

import pytest
import sqlalchemy as sa

from planpush.database.session import commit
from planpush.events.event import Event, came_from
from tests.people import person


@pytest.fixture
def row(database):
    """A row of the audit log."""
    came_from("10.2.8.7", "abc123")
    Event.record("token.issued", by=person("alice"), target="ci", data={"scopes": ["plans:read"]})
    commit()
    return database.scalars(sa.select(Event).where(Event.kind == "token.issued")).one()


def test_39_a_row_says_who_what_when_and_from_where(row):
    assert row.actor_id == person("alice").id and row.at.tzinfo is not None
    assert (row.kind, row.target, row.address, row.request_id, row.data) == (
        "token.issued", "ci", "10.2.8.7", "abc123", {"scopes": ["plans:read"]}
    )  # fmt: skip


def test_39_the_program_cannot_change_or_delete_a_row(database, row):
    row.kind = "nothing.happened"
    with pytest.raises(TypeError, match="append-only"):
        commit()
    database.rollback()
    database.delete(row)
    with pytest.raises(TypeError, match="append-only"):
        commit()


STATEMENTS = [
    "DELETE FROM events",
    "UPDATE events SET kind = 'nothing.happened'",
    "UPDATE events SET at = NULL",
    "UPDATE events SET target = 'bob', address = '::1'",
    "UPDATE events SET data = '{}'",
    "UPDATE events SET request_id = ''",
    "UPDATE events SET actor_id = 2",
]


def test_39_the_database_itself_refuses(database, row, dump):
    before = dump()
    for statement in STATEMENTS:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            database.execute(sa.text(statement))
        database.rollback()
    assert dump() == before


def test_a_row_outlives_the_person_it_names(database, row):
    database.delete(person("alice"))
    commit()
    database.refresh(row)
    assert row.actor_id is None and row.target == "ci"
