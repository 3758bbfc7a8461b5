"""Outlets: where deliveries leave, each with its own pace, pauses and trouble."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, db, now, upsert

SLACK, HOOK = "slack", "hook"
_CHANCE = secrets.SystemRandom()
_LONGEST = 60.0  # seconds between two attempts, however long the trouble lasts
# Slack takes one message a second for each channel, and short bursts; then it says how long to wait
# and for a while it gets no more than that.
_PACE, _SLOW, _CAREFUL = timedelta(seconds=0.5), timedelta(seconds=1.1), timedelta(minutes=10)


class Outlet(Base):
    """What everything that leaves by one way has in common: a channel of Slack, a webhook.

    A row is there once there is something to note. `held_until`: nothing is tried before.
    """

    __tablename__ = "outlets"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    paused: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    free_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    limited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, key: str) -> Outlet:
        """Return the outlet `key`, made if need be."""
        db.session.execute(_made(key))
        return db.session.scalars(select(cls).where(cls.key == key)).one()

    @classmethod
    def closed(cls, at: datetime) -> Sequence[str]:
        """Return the outlets that nothing may leave by right now."""
        busy = or_(cls.paused, cls.held_until > at, cls.free_at > at)
        return db.session.scalars(select(cls.key).where(busy)).all()

    @classmethod
    def failing(cls) -> Sequence[str]:
        """Return the outlets whose last attempt failed: one at a time finds out whether they do."""
        return db.session.scalars(select(cls.key).where(cls.failures > 0)).all()

    @classmethod
    def take_turn(cls, key: str, at: datetime) -> bool:
        """Take the next turn of a paced outlet; False if somebody else just did."""
        db.session.execute(_made(key))
        limited = db.session.scalar(select(cls.limited_at).where(cls.key == key))
        pace = _SLOW if limited is not None and limited > at - _CAREFUL else _PACE
        turn = update(cls).where(cls.key == key, or_(cls.free_at.is_(None), cls.free_at <= at))
        taken = db.session.execute(turn.values(free_at=at + pace).returning(cls.key))
        return taken.first() is not None

    @classmethod
    def works(cls, key: str) -> None:
        """Note that something left by here."""
        healthy = {"failures": 0, "reason": "", "failing_since": None, "held_until": None}
        db.session.execute(update(cls).where(cls.key == key, cls.failures > 0).values(**healthy))

    @classmethod
    def fails(cls, key: str, reason: str, *, retry_after: float | None) -> None:
        """Note trouble. Everything waits: as long as the other side says, else ever longer."""
        row, at = cls.of(key), now()
        row.failures += 1
        row.reason, row.failing_since = reason[:500], row.failing_since or at
        if retry_after is not None:
            row.limited_at = at
        wait = pause(row.failures) if retry_after is None else retry_after + _CHANCE.uniform(0, 1)
        row.held_until = at + timedelta(seconds=wait)

    def hold(self, *, paused: bool) -> None:
        """Pause, or go on; whoever goes on wants to know at once whether it works."""
        self.paused = paused
        self.held_until = None


def pause(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: ever longer, never all at once.

    Half of it is chance, so that many who failed together do not come back together.
    """
    longest: float = min(_LONGEST, 2.0 ** min(failures, 10))
    return longest * _CHANCE.uniform(0.5, 1.0)


def is_paced(key: str) -> bool:
    """Tell whether messages leave one after the other, some time apart."""
    return key.partition(":")[0] == SLACK


def _made(key: str) -> Any:
    made = {"key": key, "paused": False, "failures": 0, "reason": ""}
    return upsert(Outlet).values(**made).on_conflict_do_nothing()
