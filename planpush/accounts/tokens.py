"""Bearer tokens: random, checksummed, stored as hashes."""

from __future__ import annotations

import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.sessions import TOUCH_EVERY, hashed
from planpush.accounts.user import User
from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.errors import Finding, Invalid
from planpush.events.event import Event

if TYPE_CHECKING:
    from planpush.accounts.grants import Grant

SCOPES = ("plans:read", "plans:write", "comments:write")
SCOPE_WORDS = {
    "plans:read": "Read plans and their comments",
    "plans:write": "Push plans and new versions",
    "comments:write": "Comment and answer",
}
PERSONAL, ACCESS, REFRESH, SCIM = "ppt", "ppa", "ppr", "pps"
_ENDED_KEPT = timedelta(days=90)  # a token that was revoked or ran out: for who asks what it was
KINDS = frozenset({PERSONAL, ACCESS, REFRESH, SCIM})
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 40, 6
_LENGTH = 4 + _RANDOM + _CHECK


def mint(kind: str) -> str:
    """Return a new token: its kind, 40 random characters (238 bits), and their CRC-32."""
    body = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))
    return f"{kind}_{body}{_checksum(body)}"


def well_formed(token: str) -> bool:
    """Tell a token from noise without asking the database."""
    kind, mark, rest = token[:3], token[3:4], token[4:]
    if len(token) != _LENGTH or kind not in KINDS or mark != "_" or not rest.isascii():
        return False
    return rest.isalnum() and rest[_RANDOM:] == _checksum(rest[:_RANDOM])


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits.rjust(_CHECK, "0")


def known(scopes: Iterable[str]) -> list[str]:
    """Return scopes in their order, each once. Raises `Invalid`: there is none, or no such one."""
    given = set(scopes)
    unknown = sorted(given - set(SCOPES))
    if unknown or not given:
        fix = f"scopes are {', '.join(SCOPES)}"
        raise Invalid(f"Unknown scope {', '.join(unknown)}: {fix}.", [Finding("scope", fix)])
    return [scope for scope in SCOPES if scope in given]


class Token(Base):
    """A bearer token. Whoever brings it is an agent that acts for `user`."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(3))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(12))
    # Nobody's is a directory's: it provisions people, and acts for none of them.
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Of a client's token: its family, and when a refresh token was turned into the next.
    grant_id: Mapped[int | None] = mapped_column(
        ForeignKey("grants.id", ondelete="CASCADE"), index=True
    )
    spent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User | None] = relationship(lazy="joined")
    grant: Mapped[Grant | None] = relationship()

    @classmethod
    def issue(
        cls,
        user: User,
        *,
        name: str,
        scopes: Iterable[str] = SCOPES,
        days: int | None = 365,
        until: datetime | None = None,
    ) -> str:
        """Make a personal token for `user` and return it: this is the only time it is seen."""
        wanted, token = known(scopes), mint(PERSONAL)
        db.session.add(
            cls(
                kind=PERSONAL,
                token_hash=hashed(token),
                prefix=token[:8],
                user_id=user.id,
                name=name[:200],
                scopes=wanted,
                expires_at=until or (now() + timedelta(days=days) if days else None),
            )
        )
        Event.record("token.issued", by=user, data={"name": name[:200], "scopes": wanted})
        return token

    @classmethod
    def issue_scim(cls, *, name: str, days: int | None = 365, by: User | None = None) -> str:
        """Make a directory's token and return it: this is the only time it is seen."""
        token, name = mint(SCIM), name.strip()[:200] or "SCIM"
        row = cls(kind=SCIM, token_hash=hashed(token), prefix=token[:8], name=name, scopes=[])
        row.expires_at = now() + timedelta(days=days) if days else None
        db.session.add(row)
        data = {"kind": "scim", "prefix": token[:8], "days": days}
        Event.record("token.issued", by=by, target=name, data=data)
        return token

    @classmethod
    def directories(cls) -> list[Token]:
        """Return the live tokens of directories, the newest first."""
        query = select(cls).where(cls.kind == SCIM, cls.revoked_at.is_(None))
        return list(db.session.scalars(query.order_by(cls.id.desc())))

    @classmethod
    def find(cls, token: str, *kinds: str) -> Token | None:
        """Return the live token; a malformed one costs no query."""
        if token[:3] not in kinds:
            return None
        found = cls.stored(token)
        return found if found is not None and found.is_live else None

    @classmethod
    def stored(cls, token: str) -> Token | None:
        """Return the token, dead or alive; a malformed one costs no query."""
        if not well_formed(token):
            return None
        return db.session.scalar(select(cls).where(cls.token_hash == hashed(token)))

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """Return the condition that a token opens something, whose owner may come in: `is_live`."""
        unused = cls.revoked_at.is_(None) & cls.spent_at.is_(None)
        return unused & (cls.expires_at.is_(None) | (cls.expires_at > now()))

    @classmethod
    def of(cls, user: User) -> list[Token]:
        """Return a person's own tokens that nobody revoked, the newest first."""
        query = select(cls).where(
            cls.user_id == user.id, cls.kind == PERSONAL, cls.revoked_at.is_(None)
        )
        return list(db.session.scalars(query.order_by(cls.id.desc())))

    @classmethod
    def revoke_all(cls, user: User, *kinds: str) -> int:
        """Revoke a person's tokens, or those of certain kinds; return how many.

        Codes that wait to become tokens go first. A family that is just getting its next pair is
        waited for: the pair is not to survive.
        """
        from planpush.accounts.authorization_codes import AuthorizationCode
        from planpush.accounts.device_codes import DeviceCode
        from planpush.accounts.grants import Grant

        for pending in (DeviceCode, AuthorizationCode):
            pending.void(user)
        db.session.execute(select(Grant.id).where(Grant.user_id == user.id).with_for_update())
        query = update(cls).where(cls.user_id == user.id, cls.revoked_at.is_(None))
        query = query.where(cls.kind.in_(kinds)) if kinds else query
        return len(db.session.execute(query.values(revoked_at=now()).returning(cls.id)).all())

    @classmethod
    def sweep(cls) -> int:
        """Drop some that ended; of clients, when reuse can no longer be told. Return how many."""
        over = cls.grant_id.is_not(None) & (cls.expires_at < now() - timedelta(days=1))
        long_ago = now() - _ENDED_KEPT
        dead = (cls.revoked_at < long_ago) | (cls.expires_at < long_ago)
        return drop(cls, over | (cls.grant_id.is_(None) & dead))

    def get_scope(self) -> str:
        """Return its scopes, as Authlib asks."""
        return " ".join(self.scopes)

    def check_client(self, client: Any) -> bool:
        """Tell whether it was issued to this client, as Authlib asks."""
        return self.grant is not None and self.grant.client_id == client.client_id

    def revoke(self, *, by: User) -> None:
        """Make this token worthless from the next request on."""
        if self.revoked_at is None:
            self.revoked_at = now()
            Event.record("token.revoked", by=by, target=self.name, data={"prefix": self.prefix})

    @property
    def is_live(self) -> bool:
        """Tell whether it opens anything: it, and whose it is."""
        owned = self.kind == SCIM or (self.user is not None and self.user.active)
        return owned and self.revoked_at is None and self.spent_at is None and not self.is_over

    @property
    def is_over(self) -> bool:
        """Tell whether its time has run out."""
        return self.expires_at is not None and self.expires_at <= now()

    @property
    def needs_touch(self) -> bool:
        """Tell whether the last use is old enough to be worth a write."""
        return self.seen_at is None or now() - self.seen_at > TOUCH_EVERY

    @classmethod
    def touch(cls, token_id: int) -> None:
        """Note that a token was used."""
        db.session.execute(update(cls).where(cls.id == token_id).values(seen_at=now()))
