"""Visits: when somebody last opened a plan, so that a list can say what is new to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, db, now, upsert


class Visit(Base):
    """A person's last look at a plan, or the last thing that they did there.

    `version` is what they saw last, and `seen_at` when: not by looking, but when they say so.
    """

    __tablename__ = "visits"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def last(cls, user_id: int, plan_id: int) -> Select[datetime]:
        """Return when somebody looked at a plan last."""
        return select(cls.at).where(cls.user_id == user_id, cls.plan_id == plan_id)

    @classmethod
    def note(cls, user_id: int, plan_id: int, at: datetime) -> None:
        """Note that somebody looked at a plan."""
        row = upsert(cls).values(user_id=user_id, plan_id=plan_id, at=at)
        found = row.on_conflict_do_update(index_elements=["user_id", "plan_id"], set_={"at": at})
        db.session.execute(found)
