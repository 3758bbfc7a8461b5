"""Migrations: up, down to nothing and up again; models and migrations agree."""

import sqlalchemy as sa
from flask_migrate import check, downgrade

from planpush.database.session import db
from planpush.operations.migrations import is_current, migrate
from planpush.paths import MIGRATIONS


def schema():
    """Tables with their columns and indexes."""
    db.engine.dispose()
    found = sa.inspect(db.engine)
    return {
        table: (
            sorted((column["name"], str(column["type"])) for column in found.get_columns(table)),
            sorted(index["name"] for index in found.get_indexes(table)),
            sorted(str(key["name"]) for key in found.get_foreign_keys(table)),
        )
        for table in found.get_table_names()
        if not table.startswith("passage_words")  # what FTS5 makes of its index
    }


def test_up_down_to_nothing_and_up_again(empty):
    migrate()
    first = schema()
    assert set(first) == {table.name for table in db.metadata.sorted_tables} | {"alembic_version"}
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert set(schema()) == {"alembic_version"}
    migrate()
    assert schema() == first


def test_models_and_migrations_agree(empty):
    migrate()
    check(directory=str(MIGRATIONS))
    assert is_current()


def test_an_empty_database_is_not_ready(empty):
    assert not is_current()
    client = empty.test_client()
    assert client.get("/readyz").status_code == 503
    migrate()
    assert client.get("/readyz").status_code == 200
