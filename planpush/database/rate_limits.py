"""Rate limit counters shared by every process."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, case, update
from sqlalchemy.orm import Mapped, mapped_column

from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now, upsert


class RateLimit(Base):
    """How often one subject did one thing in the window that began at `started_at`."""

    __tablename__ = "rate_limits"

    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now, index=True)
    used: Mapped[int] = mapped_column(default=0)

    @classmethod
    def hit(cls, subject: str, *, limit: int, seconds: int) -> int:
        """Count one use; return 0 if it is within `limit` per `seconds`, else seconds to wait."""
        at = now()
        window = at - timedelta(seconds=seconds)
        # One that begins in the future is of a clock that was ahead: nobody waits for it.
        fresh = cls.started_at.between(window, at + timedelta(seconds=seconds))
        used, started = db.session.execute(
            upsert(cls)
            .values(subject=subject, started_at=at, used=1)
            .on_conflict_do_update(
                index_elements=[cls.subject],
                set_={
                    "used": case((fresh, cls.used + 1), else_=1),
                    "started_at": case((fresh, cls.started_at), else_=at),
                },
            )
            .returning(cls.used, cls.started_at)
        ).one()
        return 0 if used <= limit else max(1, seconds - int((at - started).total_seconds()))

    @classmethod
    def take_back(cls, subject: str) -> None:
        """Count one use less."""
        query = update(cls).where(cls.subject == subject, cls.used > 0)
        db.session.execute(query.values(used=cls.used - 1))

    @classmethod
    def sweep(cls) -> int:
        """Drop some counters that nobody needs any more; return how many."""
        return drop(cls, cls.started_at < now() - timedelta(days=1))
