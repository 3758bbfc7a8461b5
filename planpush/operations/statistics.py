"""Totals counted once a minute, and the worker's sign of life.

To count it takes a look at every plan; to ask for it, one row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text

from planpush.database.session import db, now, upsert
from planpush.notifications.outbox import DEAD, WAITING, Delivery
from planpush.plans.plan import Plan
from planpush.settings.check_results import Check

TAKEN_EVERY = 60.0  # seconds
_NAME = "worker"
_MOST = 10_000  # deliveries that are counted: a longer queue costs no more


@dataclass(frozen=True, slots=True)
class Stock:
    """What there was `at` that moment; None before a worker ever worked."""

    at: datetime | None = None
    plans: int = 0
    archived: int = 0
    open_threads: int = 0
    resolved_threads: int = 0
    comments: int = 0

    @property
    def age(self) -> float | None:
        """Return the seconds since a worker gave its last sign of life."""
        return None if self.at is None else (now() - self.at).total_seconds()


def counted() -> dict[str, int]:
    """Count what there is: every plan is looked at."""
    query = select(
        Plan.archived,
        func.count(),
        func.sum(Plan.open_threads),
        func.sum(Plan.resolved_threads),
        func.sum(Plan.comment_count),
    )
    found = db.session.execute(query.where(Plan.deleted_at.is_(None)).group_by(Plan.archived))
    rows = {bool(row[0]): [int(one or 0) for one in row[1:]] for row in found}
    away, here = rows.get(True, [0] * 4), rows.get(False, [0] * 4)
    told = {"plans": here[0], "archived": away[0]}
    names = ("open_threads", "resolved_threads", "comments")
    return told | {name: here[at] + away[at] for at, name in enumerate(names, 1)}


def note(told: dict[str, int]) -> None:
    """Note what was counted, together with the time."""
    values = {"ok": True, "detail": json.dumps(told), "milliseconds": 0, "at": now(), "by_id": None}
    insert = upsert(Check).values(name=_NAME, **values)
    db.session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))


def last_stock() -> Stock:
    """Return what was counted last."""
    row = db.session.get(Check, _NAME)
    if row is None:
        return Stock()
    try:
        return Stock(row.at, **json.loads(row.detail))
    except (TypeError, ValueError):  # another release's
        return Stock(row.at)


def queues() -> Iterator[tuple[str, str, int]]:
    """Return (channel, state, how many) of what is not sent; 10,000 of a state stand for more."""
    for state in (WAITING, DEAD):
        some = select(Delivery.channel).where(Delivery.state == state).limit(_MOST).subquery()
        query = select(some.c.channel, func.count()).group_by(some.c.channel)
        for channel, count in db.session.execute(query):
            yield channel, state, count


def overdue() -> float:
    """Return for how many seconds the oldest delivery has been due; 0 where none is."""
    first = select(func.min(Delivery.due_at)).where(Delivery.state == WAITING)
    found = db.session.scalar(first)
    return max(0.0, (now() - found).total_seconds()) if found else 0.0


def size() -> int:
    """Return the database's size in bytes, of SQLite with its log."""
    if db.engine.dialect.name != "sqlite":
        return int(db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = Path(db.engine.url.database or "")
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(one.stat().st_size for one in files if one.is_file())


def waiting_locks() -> int:
    """Return how many transactions wait for another one's lock (PostgreSQL)."""
    if db.engine.dialect.name == "sqlite":
        return 0
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return int(db.session.scalar(text(query)) or 0)
