"""SQLite's writers go in turn: threads of a process, processes of a machine."""

import threading

import pytest
import sqlalchemy as sa

from planpush.database import sqlite
from planpush.database.sqlite import Turns, teach


@pytest.fixture
def engine(tmp_path):
    made = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    teach(made)
    with made.begin() as connection:
        connection.execute(sa.text("CREATE TABLE n (i INTEGER)"))
    yield made
    made.dispose()


def is_free(engine):
    """Tell whether another process could write now."""
    other = Turns(engine.url.database)
    if not other.take():
        return False
    other.give()
    return True


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)


def test_a_transaction_holds_the_turn_and_gives_it_back(engine):
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO n VALUES (1)"))
        assert not is_free(engine)
    assert is_free(engine)


def test_a_refused_one_gives_it_back_too(engine):
    with pytest.raises(sa.exc.OperationalError), engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (1)"))
    assert is_free(engine)


def test_a_dead_connection_gives_it_back_too(engine):
    connection = engine.connect()
    connection.begin()
    assert not is_free(engine)
    connection.invalidate()
    connection.close()
    assert is_free(engine)


def test_threads_that_write_at_once_all_get_through(engine, monkeypatch):
    monkeypatch.setattr(sqlite, "_PATIENCE", 30.0)

    def write():
        for _ in range(20):
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO n SELECT count(*) FROM n"))

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        rows = connection.execute(sa.text("SELECT i FROM n ORDER BY i")).scalars().all()
    assert rows == list(range(100))
