"""Deletes many rows in small batches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from planpush.database.session import Base, db

SOME = 500
"""Rows of one transaction: some hundredths of a second."""


def drop(kind: type[Base], *conditions: ColumnElement[bool], most: int = SOME) -> int:
    """Delete at most so many rows that meet conditions; return how many.

    Rows that somebody else holds are left for the next time.
    """
    keys = inspect(kind).primary_key
    query = select(*keys).where(*conditions).limit(most).with_for_update(skip_locked=True)
    found: list[Any] = [tuple(row) for row in db.session.execute(query)]
    if found:
        gone = delete(kind).where(tuple_(*keys).in_(found))
        if len(keys) == 1:
            gone = delete(kind).where(keys[0].in_([row[0] for row in found]))
        db.session.execute(gone, execution_options={"synchronize_session": False})
    return len(found)
