"""The last result of testing an integration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.events.event import Event


class Check(Base):
    """What a test of an integration found, and when."""

    __tablename__ = "checks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    ok: Mapped[bool]
    detail: Mapped[str] = mapped_column(String(500))
    milliseconds: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @classmethod
    def last(cls, name: str) -> Check | None:
        """Return the last result; None if it was never tested."""
        return db.session.get(cls, name)

    @classmethod
    def note(cls, name: str, *, ok: bool, detail: str, milliseconds: int, by: User) -> Check:
        """Keep an integration's result, and record that it was tested."""
        row = cls.keep(name, ok=ok, detail=detail, milliseconds=milliseconds, by=by)
        Event.record("integration.tested", by=by, target=name, data={"ok": ok})
        return row

    @classmethod
    def keep(cls, name: str, *, ok: bool, detail: str, milliseconds: int, by: User) -> Check:
        """Keep a result."""
        row = db.session.get(cls, name) or cls(name=name)
        row.ok, row.detail, row.milliseconds = ok, storable(detail[:500]), milliseconds
        row.at, row.by_id = now(), by.id
        db.session.add(row)
        return row
