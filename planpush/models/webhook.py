"""Webhooks: addresses that are told, signed, what happens on published plans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, now

EVENTS = {
    "comment.added": "A comment was written",
    "comment.edited": "A comment was edited",
    "comment.deleted": "A comment was deleted",
    "thread.resolved": "A thread was resolved",
    "thread.reopened": "A thread was reopened",
    "thread.answered": "A thread was answered",
    "version.pushed": "A version was pushed",
    "plan.published": "A plan was published",
}


class Webhook(Base):
    """Where to post, and the secret that signs it. `host` is all of the address that is shown."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(300))
    sealed_url: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
