"""Browser sessions and single-use sign-in links."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import g
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.user import User
from planpush.database.encryption import seal, unseal
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.events.event import Event
from planpush.settings.store import Setting, at_revision, settings

LINK_LIFETIME = timedelta(minutes=15)
TOUCH_EVERY = timedelta(seconds=60)


def hashed(secret: str) -> str:
    """Return the stored form of a random secret. It has 256 bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class BrowserSession(Base):
    """One signed-in browser."""

    __tablename__ = "browser_sessions"
    __table_args__ = (Index(None, "issuer", "sid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(40), default="local")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    # Of a provider's session: what single logout needs to find it, and to end it there.
    issuer: Mapped[str] = mapped_column(String(300), default="")
    sid: Mapped[str] = mapped_column(String(255), default="")
    sealed_id_token: Mapped[str] = mapped_column(Text, default="")

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def start(
        cls,
        user: User,
        *,
        provider: str,
        address: str = "",
        agent: str = "",
        id_token: str = "",
        **there: str,
    ) -> str:
        """Begin a session for `user` and return its secret: it is shown to the browser only."""
        secret = secrets.token_urlsafe(32)
        db.session.add(
            cls(
                token_hash=hashed(secret),
                user_id=user.id,
                provider=provider,
                address=address[:64],
                agent=agent[:200],
                sealed_id_token=seal(id_token) if id_token else "",
                **there,
            )
        )
        Event.record("session.started", by=user, data={"provider": provider})
        return secret

    @classmethod
    def find(cls, secret: str) -> BrowserSession | None:
        """Return the live session of `secret`. Activity extends the idle limit only."""
        row = db.session.execute(_with_revision(), {"hash": hashed(secret)}).first()
        if row is None:
            return None
        found: BrowserSession = row[0]
        g.settings = limits = at_revision(row[1])  # one query brings both
        at = now()
        idle = at - found.seen_at > timedelta(seconds=limits.session_idle)
        old = at - found.created_at > timedelta(seconds=limits.session_max_age)
        return None if idle or old or not found.user.active else found

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """Return the condition that neither limit has passed: what `find` asks of one session."""
        limits, at = settings(), now()
        return (cls.seen_at >= at - timedelta(seconds=limits.session_idle)) & (
            cls.created_at >= at - timedelta(seconds=limits.session_max_age)
        )

    @classmethod
    def of(cls, user: User) -> list[BrowserSession]:
        """Return a person's live sessions, the last used first."""
        query = select(cls).where(cls.user_id == user.id, cls.live())
        return list(db.session.scalars(query.order_by(cls.seen_at.desc(), cls.id)))

    @classmethod
    def end_others(cls, user: User, *, but: int) -> int:
        """End a person's sessions, at their wish, except the one with the id `but`; how many."""
        ended = cls.end_all(user, but=but)
        data = {"sessions": ended, "but_this": True}
        Event.record("sessions.revoked", by=user, target=user.email, data=data)
        return ended

    @classmethod
    def end_all(cls, user: User, *, but: int = 0) -> int:
        """End a person's sessions, except the one with the id `but`; return how many."""
        query = delete(cls).where(cls.user_id == user.id, cls.id != but)
        return len(db.session.execute(query.returning(cls.id)).all())

    @property
    def id_token(self) -> str:
        """Return the provider's ID token, nothing if there is none that can be read."""
        return (unseal(self.sealed_id_token) if self.sealed_id_token else "") or ""

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


@cache
def _with_revision() -> Any:
    query = select(BrowserSession, Setting.revision_query())
    return query.where(BrowserSession.token_hash == bindparam("hash"))


class SignInLink(Base):
    """A link that signs one person in, once, for a quarter of an hour."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Nobody's is the setup link: it makes the first admin.
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def issue(cls, user: User) -> str:
        """Make a link's secret for `user`."""
        return cls._make(user.id)

    @classmethod
    def _make(cls, user_id: int | None) -> str:
        secret, ends = secrets.token_urlsafe(32), now() + LINK_LIFETIME
        db.session.add(cls(token_hash=hashed(secret), user_id=user_id, expires_at=ends))
        return secret

    @classmethod
    def first_run(cls) -> str | None:
        """Make the setup link's secret, and void the one before; None once there is anybody."""
        db.session.execute(delete(cls).where(cls.user_id.is_(None)))
        if db.session.scalar(select(User.id).limit(1)) is not None:
            return None
        Event.record("sign_in_link.issued", by=None, target="the first admin")
        return cls._make(None)

    @classmethod
    def is_setup(cls, secret: str) -> bool:
        """Tell whether this is the setup link, which is dead once there is an admin."""
        query = select(cls.id).where(
            cls.user_id.is_(None), cls.token_hash == hashed(secret), cls.expires_at > now()
        )
        return db.session.scalar(query) is not None and not User.any_admin()

    @classmethod
    def redeem_setup(cls, secret: str) -> bool:
        """Use the setup link up, for good; of many who bring it at once, one gets True."""
        if not cls.is_setup(secret):
            return False
        gone = db.session.scalars(
            delete(cls).where(cls.user_id.is_(None)).returning(cls.token_hash)
        )
        return hashed(secret) in set(gone)

    @classmethod
    def void(cls, user: User) -> None:
        """Make a person's unused links worthless."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

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
