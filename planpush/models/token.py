"""Bearer tokens: random, checksummed, stored as hashes."""

from __future__ import annotations

import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.content.problem import Finding, Invalid
from planpush.db import Base, UTCDateTime, db, now
from planpush.models.event import Event
from planpush.models.session import TOUCH_EVERY, hashed
from planpush.models.user import User

SCOPES = ("plans:read", "plans:write", "comments:write")
PERSONAL, ACCESS, REFRESH, SCIM = "ppt", "ppa", "ppr", "pps"
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

    user: Mapped[User | None] = relationship(lazy="joined")

    @classmethod
    def issue(
        cls, user: User, *, name: str, scopes: Iterable[str] = SCOPES, days: int | None = 365
    ) -> str:
        """Make a personal token for `user` and return it: this is the only time it is seen."""
        wanted = [scope for scope in SCOPES if scope in set(scopes)]
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not wanted:
            fix = f"scopes are {', '.join(SCOPES)}"
            raise Invalid(f"Unknown scope {', '.join(unknown)}: {fix}.", [Finding("scope", fix)])
        token = mint(PERSONAL)
        db.session.add(
            cls(
                kind=PERSONAL,
                token_hash=hashed(token),
                prefix=token[:8],
                user_id=user.id,
                name=name[:200],
                scopes=wanted,
                expires_at=now() + timedelta(days=days) if days else None,
            )
        )
        Event.record("token.issued", by=user, data={"name": name[:200], "scopes": wanted})
        return token

    @classmethod
    def find(cls, token: str, *kinds: str) -> Token | None:
        """Return the live token; a malformed one costs no query."""
        if not well_formed(token) or token[:3] not in kinds:
            return None
        found = db.session.scalar(select(cls).where(cls.token_hash == hashed(token)))
        if found is None or found.revoked_at is not None:
            return None
        if found.kind != SCIM and (found.user is None or not found.user.active):
            return None
        return None if found.expires_at is not None and found.expires_at <= now() else found

    @classmethod
    def of(cls, user: User) -> list[Token]:
        """Return a person's live tokens, the newest first."""
        query = select(cls).where(cls.user_id == user.id, cls.revoked_at.is_(None))
        return list(db.session.scalars(query.order_by(cls.id.desc())))

    @classmethod
    def revoke_all(cls, user: User) -> int:
        """Revoke a person's tokens; return how many."""
        query = update(cls).where(cls.user_id == user.id, cls.revoked_at.is_(None))
        return len(db.session.execute(query.values(revoked_at=now()).returning(cls.id)).all())

    def revoke(self, *, by: User) -> None:
        """Make this token worthless from the next request on."""
        if self.revoked_at is None:
            self.revoked_at = now()
            Event.record("token.revoked", by=by, target=self.name, data={"prefix": self.prefix})

    @property
    def needs_touch(self) -> bool:
        """Tell whether the last use is old enough to be worth a write."""
        return self.seen_at is None or now() - self.seen_at > TOUCH_EVERY

    @classmethod
    def touch(cls, token_id: int) -> None:
        """Note that a token was used."""
        db.session.execute(update(cls).where(cls.id == token_id).values(seen_at=now()))
