"""Mentions: whom a comment names, found when it is written."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base


class Mention(Base):
    """A person whom a comment names. `said` is how, without the @."""

    __tablename__ = "mentions"
    __table_args__ = (Index(None, "user_id", "comment_id"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    said: Mapped[str] = mapped_column(String(254))
