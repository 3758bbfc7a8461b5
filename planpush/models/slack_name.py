"""What Slack calls things of ours: the thread of a plan in a channel, and people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, now


class SlackThread(Base):
    """The first message about a plan in a channel: later ones reply to it."""

    __tablename__ = "slack_threads"

    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(80), primary_key=True)  # as it was named to us
    channel_id: Mapped[str] = mapped_column(String(80))  # as Slack named it in its answer
    ts: Mapped[str] = mapped_column(String(40))


class SlackPerson(Base):
    """Who somebody is at Slack, by their address. `slack_id` is empty if Slack knows nobody."""

    __tablename__ = "slack_people"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str] = mapped_column(String(254))
    slack_id: Mapped[str] = mapped_column(String(40), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
