"""All that is stored, to look for what should not be."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from planpush.database.session import db


def everything() -> list[tuple[str, str, str]]:
    """Every column of every table that the database has, an index of words' own, too."""
    found, connection = [], db.session.connection()
    for name in sa.inspect(connection).get_table_names():
        for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings():
            found += [(name, column, shown(value)) for column, value in row.items()]
    return found


def shown(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value, default=str, ensure_ascii=False)
