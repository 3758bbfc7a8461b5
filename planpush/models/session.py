"""Browser sessions and single-use sign-in links: only hashes are stored, both can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.db import Base, UTCDateTime, db, now
from planpush.models.event import Event
from planpush.models.user import User

LINK_LIFETIME = timedelta(minutes=15)
TOUCH_EVERY = timedelta(seconds=60)


def hashed(secret: str) -> str:
    """Return the stored form of a random secret. It has 256 bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class BrowserSession(Base):
    """One signed-in browser."""

    __tablename__ = "browser_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(40), default="local")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def start(cls, user: User, *, provider: str, address: str = "", agent: str = "") -> str:
        """Begin a session for `user` and return its secret: it is shown to the browser only."""
        secret = secrets.token_urlsafe(32)
        db.session.add(
            cls(
                token_hash=hashed(secret),
                user_id=user.id,
                provider=provider,
                address=address[:64],
                agent=agent[:200],
            )
        )
        Event.record("session.started", by=user, data={"provider": provider})
        return secret

    @classmethod
    def find(cls, secret: str, *, idle: int, max_age: int) -> BrowserSession | None:
        """Return the live session of `secret`; limits in seconds. Activity extends idle only."""
        found = db.session.scalar(select(cls).where(cls.token_hash == hashed(secret)))
        if found is None or not found.user.active:
            return None
        at = now()
        expired = at - found.seen_at > timedelta(seconds=idle)
        return None if expired or at - found.created_at > timedelta(seconds=max_age) else found

    @property
    def needs_touch(self) -> bool:
        """Tell whether the last activity is old enough to be worth a write."""
        return now() - self.seen_at > TOUCH_EVERY

    @classmethod
    def touch(cls, session_id: int) -> None:
        """Note activity on a session."""
        db.session.execute(update(cls).where(cls.id == session_id).values(seen_at=now()))

    def end(self) -> None:
        """Sign this browser out: a copied cookie is dead from now on."""
        Event.record("session.ended", by=self.user)
        db.session.delete(self)


class SignInLink(Base):
    """A link that signs one person in, once, for a quarter of an hour."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def issue(cls, user: User) -> str:
        """Make a link's secret for `user`."""
        secret = secrets.token_urlsafe(32)
        db.session.add(
            cls(token_hash=hashed(secret), user_id=user.id, expires_at=now() + LINK_LIFETIME)
        )
        return secret

    @classmethod
    def owner(cls, secret: str) -> User | None:
        """Return whose link this is, without using it up; None if it is wrong or expired."""
        query = select(User).join(cls, cls.user_id == User.id)
        return db.session.scalar(
            query.where(cls.token_hash == hashed(secret), cls.expires_at > now())
        )

    @classmethod
    def redeem(cls, secret: str) -> User | None:
        """Use a link up and return its person; None if wrong, used or expired (all alike)."""
        used = db.session.execute(
            delete(cls)
            .where(cls.token_hash == hashed(secret), cls.expires_at > now())
            .returning(cls.user_id)
        ).scalar_one_or_none()
        user = db.session.get(User, used) if used is not None else None
        return user if user is not None and user.active else None
