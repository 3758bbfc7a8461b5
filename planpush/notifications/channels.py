"""Channels: pace, pauses and failures."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.database.session import Base, UTCDateTime, db, now, upsert

SLACK, HOOK = "slack", "hook"
_CHANCE = secrets.SystemRandom()
_LONGEST = 60.0  # seconds between two attempts, however long the trouble lasts
_MOST_ASKED = 3600.0  # seconds that another side may ask us to wait
# Slack takes one message a second for each channel, and short bursts; then it says how long to wait
# and for a while it gets no more than that.
_PACE, _SLOW, _CAREFUL = timedelta(seconds=0.5), timedelta(seconds=1.1), timedelta(minutes=10)
_AT_ONCE = 8  # by one outlet, all workers together: one that is slow leaves threads for others


class Outlet(Base):
    """What everything that leaves by one way has in common: a channel of Slack, a webhook.

    A row is there once something left. `held_until`: nothing is tried before. `free_at`: of what
    is paced, when the next one may leave. All times are the workers' common clock's.
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
        """Return the outlet `key` as it is now, made if need be, locked until the commit."""
        db.session.execute(_made(key))
        found: Outlet = db.session.scalars(_fresh(key).with_for_update()).one()
        return found

    @classmethod
    def seize(cls, key: str, at: datetime) -> Outlet | None:
        """Return an outlet, locked until the commit; None: it is closed, or somebody else's turn.

        Whoever holds it is the only one that claims its deliveries.
        """
        if db.session.get(cls, key) is None:
            db.session.execute(_made(key))
        row = db.session.scalars(_fresh(key).with_for_update(skip_locked=True)).one_or_none()
        return None if row is None or row.is_closed(at) else row

    @classmethod
    def closed(cls, keys: Iterable[str], at: datetime) -> set[str]:
        """Return those of `keys` that nothing may leave by right now.

        Whoever pauses Slack pauses all of it: its channels, and messages to people.
        """
        busy = or_(cls.paused, cls.held_until > at, cls.free_at > at)
        rows = db.session.execute(select(cls.key, cls.paused).where(busy))
        found = {row.key: bool(row.paused) for row in rows}
        return {key for key in keys if key in found or found.get(family(key))}

    def is_closed(self, at: datetime) -> bool:
        """Tell whether nothing may leave right now."""
        later = (one is not None and one > at for one in (self.held_until, self.free_at))
        return self.paused or any(later)

    def room(self, flying: int) -> int:
        """Return how many more may leave now, while `flying` are under way.

        In trouble one finds out whether it still is. What is paced leaves one by one.
        """
        most = 1 if self.failures else _AT_ONCE
        return max(0, min(most - flying, 1 if is_paced(self.key) else most))

    def take_turn(self, at: datetime) -> None:
        """Note that one leaves now: what is paced lets the next one wait a moment."""
        if is_paced(self.key):
            limited = self.limited_at is not None and self.limited_at > at - _CAREFUL
            self.free_at = at + (_SLOW if limited else _PACE)

    @classmethod
    def works(cls, key: str) -> None:
        """Note that something left by here; what works anyway costs one look a transaction."""
        row = db.session.get(cls, key)
        if row is not None and row.failures:
            cls.of(key).recover()

    @classmethod
    def fails(cls, key: str, reason: str, *, retry_after: float | None, gone: bool = False) -> bool:
        """Note trouble: everything waits, as long as the other side says, else ever longer.

        Return whether it is new: until now the outlet worked. Several that were under way
        together fail together, which is one trouble and no reason to wait longer. `gone`: it
        pauses, until somebody says that it is to go on.
        """
        row, at = cls.of(key), clock()
        new = not row.failures
        row.paused = row.paused or gone
        row.reason, row.failing_since = reason[:500], row.failing_since or at
        again = row.held_until is None or row.held_until <= at
        row.failures += again
        wait = pause(row.failures) if again else 0.0
        if retry_after is not None:
            row.limited_at = at
            wait = max(_asked(retry_after), pause(min(row.failures, 3)))
        row.held_until = max(row.held_until or at, at + timedelta(seconds=wait))
        return new

    def recover(self) -> None:
        """Forget what went wrong: the next attempt tells whether it works."""
        self.failures, self.reason = 0, ""
        self.failing_since = self.held_until = None

    def hurry(self) -> None:
        """Let the next attempt be made at once."""
        self.held_until = None

    def hold(self, *, paused: bool) -> None:
        """Pause, or go on; whoever goes on wants to know at once whether it works."""
        self.paused = paused
        self.held_until = None


def clock() -> datetime:
    """Return the time by which all workers claim and wait: the database's, not their own.

    Workers on two machines may disagree about the time. SQLite's are on one.
    """
    if db.engine.dialect.name == "sqlite":
        return now()
    found: datetime = db.session.scalars(select(func.clock_timestamp())).one()
    return found.astimezone(UTC)


def pause(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: ever longer, never all at once.

    Half of it is chance, so that many who failed together do not come back together.
    """
    longest: float = min(_LONGEST, 2.0 ** min(failures, 10))
    return longest * _CHANCE.uniform(0.5, 1.0)


def _asked(seconds: float) -> float:
    """Return what another side asks to wait, if it makes sense, and a little more."""
    sane = min(max(seconds, 0.0), _MOST_ASKED) if math.isfinite(seconds) else 0.0
    return sane + _CHANCE.uniform(0, 1)


def family(key: str) -> str:
    """Return the outlet whose pause holds this one, too: of all that leaves by Slack, Slack."""
    return SLACK if key.startswith(SLACK) else key


def is_paced(key: str) -> bool:
    """Tell whether messages leave one after the other, some time apart."""
    return key.partition(":")[0] == SLACK


def _fresh(key: str) -> Any:
    """Return the query of an outlet that believes nothing that was read before."""
    query = select(Outlet).where(Outlet.key == key)
    return query.execution_options(populate_existing=True)


def _made(key: str) -> Any:
    made = {"key": key, "paused": False, "failures": 0, "reason": ""}
    return upsert(Outlet).values(**made).on_conflict_do_nothing()
