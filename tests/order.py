"""Rows without ORDER BY: in tests on SQLite they come the other way round.

Neither database promises their order. PostgreSQL keeps it for a thousand runs and changes it in the
next; a test that relies on it fails here at once. Servers that tests start, and PostgreSQL's tests,
have the usual order, so that what needs the newest first by mistake is seen there.
"""

import sqlite3
from typing import Any

import sqlalchemy as sa


def turn_around() -> None:
    """Let every connection to SQLite that this process makes be like that."""
    sa.event.listen(sa.Engine, "connect", _turn)


def _turn(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")
