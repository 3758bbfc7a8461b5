"""What a person allowed and a client has yet to fetch: a code that becomes a grant, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import UTCDateTime, db, now
from planpush.models.grant import Grant, admits
from planpush.models.user import User

KEPT = timedelta(hours=1)  # so that who comes late, or twice, can be told


class Pending:
    """A code of either kind: for one client, until it is used up or out of time."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(64))
    client_name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64), default="")
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    spent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    if TYPE_CHECKING:  # whose it is; of a device's code nobody's yet
        user_id: Any
        user: Any

    def is_expired(self) -> bool:
        """Tell whether its time has run out, as Authlib asks."""
        return self.expires_at <= now()

    def get_scope(self) -> str:
        """Return what it is for, as Authlib asks."""
        return " ".join(self.scopes)

    def turn(self, **where: str) -> Grant | None:
        """Use this code up and return the grant that it becomes: None, if somebody was faster."""
        kind: Any = type(self)
        if self.user_id is None or not admits(self.user_id):
            return None
        query = update(kind).where(kind.id == self.id, kind.spent_at.is_(None))
        spent = query.values(spent_at=now()).returning(kind.id)
        if db.session.execute(spent).first() is None:
            return None
        return Grant.start(
            self.user,
            client_id=self.client_id,
            client_name=self.client_name,
            scopes=self.scopes,
            address=self.address,
            **where,
        )

    @classmethod
    def void(cls, user: User) -> None:
        """Forget what a person has allowed and nobody has fetched yet."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

    @classmethod
    def sweep(cls) -> None:
        """Drop what nobody can use any more."""
        db.session.execute(delete(cls).where(cls.expires_at < now() - KEPT))
