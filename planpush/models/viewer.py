"""Viewers: who has which plan open, as the processes that hold their streams tell it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, db, now

SILENT = timedelta(seconds=90)
"""After this long without a word a process counts as gone, and its readers with it."""


class Viewer(Base):
    """A person who reads a plan by way of one process. A process that is silent is gone."""

    __tablename__ = "viewers"
    __table_args__ = (Index(None, "plan_id", "seen_at"),)

    process: Mapped[str] = mapped_column(String(32), primary_key=True)
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def sweep(cls) -> None:
        """Drop the readers of processes that are gone."""
        db.session.execute(delete(cls).where(cls.seen_at < now() - SILENT))
