"""How migrations reach the database: through the running app's own engine."""

from __future__ import annotations

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def run() -> None:
    """Migrate in one transaction: all steps or none, under `operations.migration_lock`.

    SQLite cannot alter tables, so they are copied (batch mode).
    """
    with database.engine.connect() as connection:
        check_references(connection, "OFF")  # a table that is copied must not empty those below it
        try:
            context.configure(
                connection=connection,
                target_metadata=database.metadata,
                render_as_batch=True,
                compare_type=True,
                include_name=is_ours,
                user_module_prefix="planpush.database.session.",
                transactional_ddl=True,  # SQLite's is, too, as planpush begins its transactions
            )
            with context.begin_transaction():
                be_patient(connection)
                context.run_migrations()
        finally:
            check_references(connection, "ON")


def is_ours(name, kind, _parents) -> bool:
    """Tell whether a model makes this: each database has an index of words after its own kind."""
    made_by_hand = {"table": "passage_words", "index": "ix_passages_words"}
    return not (name or "").startswith(made_by_hand.get(kind, "\0"))


def check_references(connection, switch: str) -> None:
    """Turn SQLite's foreign keys on or off; it takes no notice of that within a transaction."""
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute(f"PRAGMA foreign_keys={switch}")


def be_patient(connection) -> None:
    """Let a step take its time, but not wait long for a table: who comes after waits as well."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")


run()
