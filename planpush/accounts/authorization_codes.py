"""OAuth authorization codes."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.clients import Client
from planpush.accounts.grants import Grant, Pending, hold_session
from planpush.accounts.sessions import hashed
from planpush.accounts.user import User
from planpush.database.session import Base, db, now
from planpush.events.event import Event

LIFETIME = timedelta(minutes=5)


class AuthorizationCode(Pending, Base):
    """A code: for one client, one address to go back to, and whoever knows the PKCE verifier."""

    __tablename__ = "authorization_codes"

    redirect_uri: Mapped[str] = mapped_column(Text, default="")
    code_challenge: Mapped[str] = mapped_column(String(128))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
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

    def led_to(self) -> int:
        """Return the id of the family it was turned into, by another request just now; or 0."""
        db.session.refresh(self, ["grant_id"])
        return self.grant_id or 0

    def redeem(self) -> Grant | None:
        """Turn this code into a grant, once: None, if somebody was faster."""
        made = self.turn()
        if made is not None:
            self.grant_id = made.id
        return made

    def get_redirect_uri(self) -> str:
        """Return where the client wanted its code, as Authlib asks."""
        return self.redirect_uri
