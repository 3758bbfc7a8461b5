"""Authorization codes: what a browser carries from the person's "Allow" to a client."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.db import Base, UTCDateTime, db, now
from planpush.models.client import Client
from planpush.models.event import Event
from planpush.models.grant import Grant, admits, hold_session
from planpush.models.session import hashed
from planpush.models.user import User

LIFETIME = timedelta(minutes=5)


class AuthorizationCode(Base):
    """A code: for one client, one address to go back to, and whoever knows the PKCE verifier."""

    __tablename__ = "authorization_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(64))
    client_name: Mapped[str] = mapped_column(String(200))
    redirect_uri: Mapped[str] = mapped_column(Text, default="")
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    code_challenge: Mapped[str] = mapped_column(String(128))
    address: Mapped[str] = mapped_column(String(64), default="")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    spent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    code_challenge_method = "S256"

    @classmethod
    def issue(
        cls, client: Client, scopes: list[str], *, by: User, session_id: int, **told: str
    ) -> str:
        """Make a code for what a person allowed a client, and return it.

        `told` is `redirect_uri`, `code_challenge` and `address`. Raises `NotFound` when the browser
        session that it is allowed in has ended.
        """
        hold_session(by, session_id)
        code = secrets.token_urlsafe(32)
        db.session.add(
            cls(
                code_hash=hashed(code),
                client_id=client.client_id,
                client_name=client.name,
                user_id=by.id,
                scopes=scopes,
                expires_at=now() + LIFETIME,
                **told,
            )
        )
        data = {"client": client.client_id, "scopes": scopes, "from": told.get("address", "")}
        Event.record("client.allowed", by=by, target=client.name, data=data)
        return code

    @staticmethod
    def deny(client: Client, *, by: User) -> None:
        """Note that a person said no to a client."""
        data = {"client": client.client_id}
        Event.record("client.denied", by=by, target=client.name, data=data)

    @classmethod
    def find(cls, code: str, client: Client) -> AuthorizationCode | None:
        """Return a client's code, a spent one too: who brings that has a copy."""
        query = select(cls).where(cls.code_hash == hashed(code))
        return db.session.scalar(query.where(cls.client_id == client.client_id))

    @property
    def is_over(self) -> bool:
        """Tell whether its time has run out."""
        return self.expires_at <= now()

    def led_to(self) -> int:
        """Return the id of the family it was turned into, by another request just now; or 0."""
        db.session.refresh(self, ["grant_id"])
        return self.grant_id or 0

    def redeem(self) -> Grant | None:
        """Turn this code into a grant, once: None, if somebody was faster."""
        if not admits(self.user_id):
            return None
        query = (
            update(AuthorizationCode)
            .where(AuthorizationCode.id == self.id, AuthorizationCode.spent_at.is_(None))
            .values(spent_at=now())
        )
        if db.session.execute(query.returning(AuthorizationCode.id)).first() is None:
            return None
        made = Grant.start(
            self.user,
            client_id=self.client_id,
            client_name=self.client_name,
            scopes=self.scopes,
            address=self.address,
        )
        self.grant_id = made.id if made else None
        return made

    def get_redirect_uri(self) -> str:
        """Return where the client wanted its code, as Authlib asks."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return what was allowed, as Authlib asks."""
        return " ".join(self.scopes)

    @classmethod
    def void(cls, user: User) -> None:
        """Forget what a person has allowed and nobody has fetched yet."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

    @classmethod
    def sweep(cls) -> None:
        """Drop what nobody can use any more."""
        db.session.execute(delete(cls).where(cls.expires_at < now() - timedelta(hours=1)))
