"""Rows without ORDER BY: in tests on SQLite they come the other way round.

Neither database promises their order. PostgreSQL keeps it for a thousand runs and changes it in the
next; what relies on it fails here at once. Servers that a test starts have SQLite's own order.
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
