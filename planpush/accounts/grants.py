"""Grants: what a person allowed a client, and the tokens that follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, String, delete, exists, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.sessions import BrowserSession, hashed
from planpush.accounts.tokens import REFRESH, Token, known
from planpush.accounts.user import User, own
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.errors import NotFound
from planpush.events.event import Event

ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=365)


class Grant(Base):
    """One sign-in of a client. `device` and `address` are where it was asked for."""

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    client_name: Mapped[str] = mapped_column(String(200))
    device: Mapped[str] = mapped_column(String(100), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def start(
        cls, user: User, *, client_id: str, client_name: str, scopes: Iterable[str], **where: str
    ) -> Grant | None:
        """Begin a family for `user`; None if they may not come in any more.

        `where` is `device` and `address`. Whoever shuts the person out waits for this, or this
        for them.
        """
        if not admits(user.id):
            return None
        made = cls(
            user_id=user.id,
            user=user,
            client_id=client_id,
            client_name=client_name,
            scopes=known(scopes),
            ends_at=now() + LONGEST,
            **where,
        )
        db.session.add(made)
        db.session.flush()
        data = {"kind": "client", "client": client_id, "scopes": made.scopes, "grant": made.id}
        Event.record("token.issued", by=user, target=made.label, data=data | where)
        return made

    @property
    def label(self) -> str:
        """Return what people call it: the client, and where it runs."""
        return self.client_name + (f" on {self.device}" if self.device else "")

    def hold(self, access: str, refresh: str, scopes: Iterable[str]) -> int:
        """Keep two new tokens, as hashes; return the seconds that the access token lasts.

        It may have fewer scopes; the refresh token keeps them all.
        """
        for secret, lifetime, allowed in (
            (access, ACCESS_LIFETIME, scopes),
            (refresh, REFRESH_LIFETIME, self.scopes),
        ):
            db.session.add(
                Token(
                    kind=secret[:3],
                    token_hash=hashed(secret),
                    prefix=secret[:8],
                    user_id=self.user_id,
                    grant_id=self.id,
                    name=self.label[:200],
                    scopes=known(allowed),
                    expires_at=min(now() + lifetime, self.ends_at),
                )
            )
        db.session.flush()
        return int(min(ACCESS_LIFETIME, self.ends_at - now()).total_seconds())

    @classmethod
    def of(cls, user: User) -> list[tuple[Grant, datetime | None]]:
        """Return a person's families that are alive, the newest first, each with its last use."""
        alive = select(Token.grant_id).where(
            Token.user_id == user.id, Token.kind == REFRESH, Token.live()
        )
        used = select(func.max(Token.seen_at)).where(Token.grant_id == cls.id).scalar_subquery()
        query = select(cls, used).where(cls.id.in_(alive)).order_by(cls.id.desc())
        return [(row[0], row[1]) for row in db.session.execute(query)]

    def end(self, *, by: User | None, kind: str = "token.revoked", **data: Any) -> bool:
        """Make every token of this family worthless from the next request on, if any is not."""
        query = update(Token).where(Token.grant_id == self.id, Token.revoked_at.is_(None))
        ended = db.session.execute(query.values(revoked_at=now()).returning(Token.id)).all()
        if ended:
            more = {"grant": self.id, "tokens": len(ended)} | data
            Event.record(kind, by=by, target=self.label, data=more)
        return bool(ended)

    @classmethod
    def sweep(cls) -> None:
        """Drop families that have no token left, dead or alive."""
        held = exists().where(Token.grant_id == cls.id)
        db.session.execute(delete(cls).where(cls.created_at < now() - timedelta(days=1), ~held))

    @classmethod
    def locked(cls, grant_id: int) -> Grant | None:
        """Return a family that nobody else changes until this transaction ends."""
        owner = db.session.scalar(select(cls.user_id).where(cls.id == grant_id))
        if owner is None:
            return None
        admits(owner)
        query = select(cls).where(cls.id == grant_id).with_for_update(of=cls)
        return db.session.scalar(query)

    @classmethod
    def owned(cls, user: User, grant_id: int) -> Grant:
        """Return a family of `user`'s, locked. Raises `NotFound`: none, or another's."""
        admits(user.id)
        return own(cls, user, grant_id)

    @classmethod
    def reused(cls, grant_id: int) -> bool:
        """End a family one of whose refresh tokens came twice: somebody has a copy.

        False: it had ended already.
        """
        found = cls.locked(grant_id)
        if found is None:
            return False
        return found.end(by=found.user, kind="token.reuse", client=found.client_id)

    @classmethod
    def renew(cls, token: Token) -> Grant | None:
        """Use a refresh token up and return its family; of many who bring it, one gets it."""
        family = cls.locked(token.grant_id or 0)
        query = (
            update(Token)
            .where(Token.id == token.id, Token.spent_at.is_(None), Token.revoked_at.is_(None))
            .values(spent_at=now(), seen_at=now())
        )
        if family is None or db.session.execute(query.returning(Token.id)).first() is None:
            return None
        data = {"client": family.client_id, "grant": family.id}
        Event.record("token.refreshed", by=family.user, target=family.label, data=data)
        return family


def admits(user_id: int) -> bool:
    """Tell whether a person may come in, and keep it so until this transaction ends.

    Their row is locked first, before any code, family or token of theirs, as whoever shuts them
    out does: in another order two transactions could wait for each other.
    """
    query = select(User.active).where(User.id == user_id).with_for_update(read=True)
    return bool(db.session.scalar(query))


def hold_session(user: User, session_id: int) -> None:
    """Keep a person and the browser session they decide in, until this transaction ends.

    Whoever ends that session is waited for, or waits: nothing is allowed behind a person's back.
    Raises `NotFound` when it has ended.
    """
    if not admits(user.id):
        raise NotFound
    own(BrowserSession, user, session_id)


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
