"""Sign-offs: what a person decided about a version, and what that makes of the plan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, now

APPROVED, CHANGES = "approved", "changes"


class SignOff(Base):
    """Somebody's word on one version: approve it, or ask for changes. A newer word replaces it."""

    __tablename__ = "sign_offs"
    __table_args__ = (Index(None, "plan_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    version: Mapped[int]
    decision: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
