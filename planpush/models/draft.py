"""Drafts: what somebody typed and has not sent, kept on the server until they do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, db, now

_KEPT = timedelta(days=90)


class Draft(Base):
    """Unsent words of one person on one plan. `place` names the form that they are for."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "plan_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)
    selector: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    blocking: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def sweep(cls) -> None:
        """Drop what nobody came back to."""
        db.session.execute(delete(cls).where(cls.saved_at < now() - _KEPT))
