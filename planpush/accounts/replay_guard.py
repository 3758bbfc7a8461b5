"""Remembers the ids of signed messages that were already used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.sessions import hashed
from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now, upsert


class Spent(Base):
    """A message that was acted on, until it would be too old anyway."""

    __tablename__ = "spent_messages"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def first_time(cls, issuer: str, message_id: str, *, until: datetime) -> bool:
        """Note a message; tell whether it is new. Of many who bring it at once, one is first."""
        added = db.session.execute(
            upsert(cls)
            .values(key=hashed(f"{issuer}\0{message_id}"), until=until)
            .on_conflict_do_nothing()
            .returning(cls.key)
        )
        return added.scalar_one_or_none() is not None

    @classmethod
    def sweep(cls) -> int:
        """Forget some that nobody could send any more; return how many."""
        return drop(cls, cls.until < now())
