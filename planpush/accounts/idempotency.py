"""Idempotency keys: a request that is sent twice happens once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now, upsert
from planpush.errors import Finding, Invalid, Malformed

LIFETIME = timedelta(hours=24)
LONGEST = 200


class IdempotencyKey(Base):
    """A key that a person's client chose, and the answer that its request had."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(default=0)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now, index=True)

    @classmethod
    def answered(cls, key: str, body_hash: str, *, by: User) -> IdempotencyKey | None:
        """Return the row of a request that was answered before; this only reads."""
        row = db.session.get(cls, (by.id, key[:LONGEST]))
        fits = row is not None and row.body_hash == body_hash and row.status
        return row if fits else None

    @classmethod
    def is_used(cls, key: str, *, by: User) -> bool:
        """Tell whether a request with this key was answered, or is wanted no more."""
        return db.session.get(cls, (by.id, key[:LONGEST])) is not None

    @classmethod
    def spend(cls, key: str, *, by: User) -> None:
        """Use a key up without a request: what comes with it later is not wanted."""
        row = {"user_id": by.id, "key": key, "body_hash": "", "status": 0, "answer": {}}
        added = upsert(cls).values(**row, created_at=now())
        db.session.execute(added.on_conflict_do_nothing())

    @classmethod
    def claim(cls, key: str, body_hash: str, *, by: User) -> tuple[IdempotencyKey, bool]:
        """Return the key's row, and whether this request is its first. Another body is refused.

        A second request that arrives while the first still runs waits here for its end.
        """
        if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable():
            message = f"an Idempotency-Key has 1 to {LONGEST} printable ASCII characters"
            raise Malformed(message, [Finding("malformed", message, field="Idempotency-Key")])
        new = {"body_hash": body_hash, "status": 0, "answer": {}, "created_at": now()}
        added = upsert(cls).values(user_id=by.id, key=key, **new)
        over = cls.created_at < now() - LIFETIME
        mine = added.on_conflict_do_update(
            index_elements=[cls.user_id, cls.key], set_=new, where=over
        )
        fresh = {"populate_existing": True}
        first = db.session.scalar(mine.returning(cls), execution_options=fresh)
        if first is not None:
            return first, True
        row = db.session.scalars(select(cls).where(cls.user_id == by.id, cls.key == key)).one()
        if row.body_hash != body_hash:
            message = "this key was used for another request: take a new one"
            raise Invalid(message, [Finding("key_reused", message, field="Idempotency-Key")])
        return row, False

    @classmethod
    def sweep(cls) -> int:
        """Forget some answers that nobody can ask for again; return how many."""
        return drop(cls, cls.created_at < now() - LIFETIME)

    @classmethod
    def forget_words(cls, slug: str, version: int) -> None:
        """Take the title and the warnings, which may quote the document, out of a push's answer."""
        told = cls.answer["plan"].as_string() == slug
        same = cls.answer["version"].as_integer() == version
        for row in db.session.scalars(select(cls).where(told, same)):
            row.answer = {**row.answer, "warnings": [], "title": ""}

    def remember(self, status: int, answer: dict[str, Any]) -> None:
        """Keep the answer for whoever sends the same request again."""
        self.status, self.answer = status, answer
