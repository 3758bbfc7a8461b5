"""Connections that lay idle are looked at before they are used; one that was just used is not."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from planpush.database import postgres


@pytest.fixture
def clock(monkeypatch):
    """Seconds, as connections see them pass."""
    now = [100.0]
    monkeypatch.setattr(postgres, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def there(monkeypatch, tmp_path):
    """An engine of two connections, and of each question whether the other side is there."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=sa.QueuePool)
    postgres.look_before_use(engine)
    asked, gone = [], []

    def ping(connection):
        asked.append(connection)
        if connection in gone:
            raise sqlite3.OperationalError("server closed the connection")
        return True

    monkeypatch.setattr(engine.dialect, "do_ping", ping)
    yield engine, asked, gone
    engine.dispose()


def use(engine):
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        return connection.connection.dbapi_connection


def test_a_connection_that_was_just_used_is_not_asked(clock, there):
    engine, asked, _ = there
    first = use(engine)
    clock[0] += 0.5
    assert use(engine) is first and asked == []
    clock[0] += 1.5
    assert use(engine) is first and asked == [first]


def test_of_connections_that_lay_idle_none_is_used_once_one_is_gone(clock, there):
    engine, asked, gone = there
    with engine.connect() as one, engine.connect() as other:
        old = [held.connection.dbapi_connection for held in (one, other)]
    clock[0] += 5
    gone += old
    new = use(engine)
    assert new not in old and len(asked) == 1, "the pool lets go of both"
    with engine.connect() as one, engine.connect() as other:
        assert not {id(held.connection.dbapi_connection) for held in (one, other)} & set(
            map(id, old)
        )


def test_a_statement_alone_leaves_no_transaction_and_takes_nothing_with_it():
    class Driver:
        autocommit, closed = False, False

    driver = Driver()
    with postgres.alone(driver):
        assert driver.autocommit
    assert not driver.autocommit
    with pytest.raises(OSError, match="gone"), postgres.alone(driver):
        driver.closed = True
        raise OSError("gone")
    assert driver.autocommit, "one that is closed is not spoken to"
