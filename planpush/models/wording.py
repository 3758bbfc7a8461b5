"""Wordings: what a comment said before it was edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.content.rewording import Word, words
from planpush.db import Base, UTCDateTime, db, now

_SHOWN = 20


class Wording(Base):
    """An earlier body of a comment, and until when it stood."""

    __tablename__ = "wordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


@dataclass(frozen=True, slots=True)
class Edit:
    """When a comment was changed, and how its words became others."""

    at: datetime
    words: Sequence[Word]


@dataclass(frozen=True, slots=True)
class History:
    """The newest edits of a comment, newest first, and how many there were."""

    edits: Sequence[Edit]
    total: int

    @classmethod
    def of(cls, comment_id: int, body: str) -> History:
        """Return the history of a comment that says `body` today."""
        mine = Wording.comment_id == comment_id
        total = db.session.scalar(select(func.count()).select_from(Wording).where(mine)) or 0
        query = select(Wording).where(mine).order_by(Wording.id.desc()).limit(_SHOWN)
        edits = []
        for earlier in db.session.scalars(query):
            edits.append(Edit(earlier.until, words(earlier.body, body)))
            body = earlier.body
        return cls(edits, total)
