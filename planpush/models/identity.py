"""Identities: who somebody is at a provider, and which account that is here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.content.problem import NotFound, Problem
from planpush.db import Base, UTCDateTime, db, now
from planpush.models.event import Event
from planpush.models.group import claimed
from planpush.models.sealing import seal, unseal
from planpush.models.session import BrowserSession
from planpush.models.setting import settings
from planpush.models.user import User

PROVIDER_NAMES = {"github": "GitHub", "okta": "Okta", "local": "a single-use link"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider, asked directly, says of somebody.

    `subject` never changes there. `groups` is None where the provider says nothing of them.
    `token` is the provider's, kept sealed to ask again whether somebody still belongs.
    """

    provider: str
    issuer: str
    subject: str
    login: str
    name: str
    email: str
    email_verified: bool = False
    groups: list[str] | None = None
    token: str = ""


@dataclass(eq=False)
class Refused(Problem):
    """403: the provider knows them, but they may not come in; `reason` is for the audit log."""

    status: int = 403
    code: str = "refused"
    reason: str = ""


class Identity(Base):
    """Somebody's account at a provider. Its subject is what counts, never name or address."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index(None, "provider", "checked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    login: Mapped[str] = mapped_column(String(254), default="")
    sealed_token: Mapped[str] = mapped_column(Text, default="")
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    used_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def find(cls, issuer: str, subject: str) -> Identity | None:
        """Return who `subject` is at `issuer`."""
        return db.session.scalar(select(cls).where(cls.issuer == issuer, cls.subject == subject))

    @classmethod
    def of(cls, user: User) -> list[Identity]:
        """Return a person's identities, oldest first."""
        query = select(cls).where(cls.user_id == user.id).order_by(cls.id)
        return list(db.session.scalars(query))

    @classmethod
    def own(cls, user: User, identity_id: int) -> Identity:
        """Return one of a person's identities. Raises `NotFound`: there is none, or another's."""
        query = select(cls).where(cls.id == identity_id, cls.user_id == user.id)
        found = db.session.scalar(query.with_for_update(of=cls))
        if found is None:
            raise NotFound
        return found

    @classmethod
    def arrive(cls, profile: Profile) -> User:
        """Return whose account this is, made if need be. Raises `Refused`.

        The provider's subject decides. An address decides only where an operator or SCIM made the
        account in advance, it has no identity yet, and the provider has verified the address.
        """
        _in_turn(profile)
        identity = cls.find(profile.issuer, profile.subject)
        if identity is None:
            user = _made_in_advance(profile) or _newcomer(profile)
            identity = cls._link(user, profile)
        user = identity.user
        if user.active:
            identity._note(profile)
            identity._sync(profile)
        if not user.active:  # since before, or since a moment ago: settling reads it anew
            raise Refused("Your account is deactivated. Ask an admin.", reason="deactivated")
        if not user.roles:
            raise _no_role()
        return user

    @classmethod
    def note_refusal(cls, profile: Profile) -> None:
        """Let what a provider said count although the sign-in was refused: groups that are gone."""
        identity = cls.find(profile.issuer, profile.subject)
        if identity is not None and identity.user.active:
            identity._sync(profile)
            if not identity.user.roles:
                identity.user.sign_out_everywhere(by=None, reason="no_role")

    def _sync(self, profile: Profile) -> None:
        if profile.provider == "okta":
            claimed(self.user, profile.groups)
        self.user.settle(by=None, keep_last=True)

    @classmethod
    def connect(cls, profile: Profile, *, to: User) -> Identity:
        """Link an identity to the person who is signed in. Raises `Refused` if it is another's."""
        found = cls.find(profile.issuer, profile.subject)
        if found is not None and found.user_id != to.id:
            where = PROVIDER_NAMES[profile.provider]
            raise Refused(f"That {where} account belongs to somebody else here.", reason="taken")
        identity = found or cls._link(to, profile)
        identity._note(profile)
        return identity

    @classmethod
    def _link(cls, user: User, profile: Profile) -> Identity:
        identity = cls(
            user_id=user.id,
            user=user,
            provider=profile.provider,
            issuer=profile.issuer,
            subject=profile.subject,
        )
        user.awaits_identity = False
        db.session.add(identity)
        data = {"provider": profile.provider, "login": profile.login[:254]}
        Event.record("identity.linked", by=user, target=user.email, data=data)
        return identity

    def _note(self, profile: Profile) -> None:
        """Keep what the provider says today."""
        self.login, self.used_at, self.checked_at = profile.login[:254], now(), now()
        if profile.token:
            self.sealed_token = seal(profile.token)

    @property
    def token(self) -> str | None:
        """Return the provider's token; None if there is none that can be read."""
        return unseal(self.sealed_token) if self.sealed_token else None

    @property
    def is_only_way(self) -> bool:
        """Tell whether nothing else could sign this person in.

        A single-use link counts for who is in by one. Else whoever came by GitHub could forget it,
        and nobody would ask any more whether they still belong.
        """
        ways = settings().providers
        if self.provider not in ways:
            return False
        left = [one for one in Identity.of(self.user) if one.id != self.id and one.provider in ways]
        by_link = any(one.provider == "local" for one in BrowserSession.of(self.user))
        return not left and not ("local" in ways and by_link)

    def unlink(self, *, by: User) -> None:
        """Forget this identity. Raises `Refused` if it is the only way in that is left."""
        if self.is_only_way:
            raise Refused("It is your only way to sign in.", reason="last_identity", status=409)
        data = {"provider": self.provider, "login": self.login}
        Event.record("identity.unlinked", by=by, target=self.user.email, data=data)
        db.session.delete(self)


def _in_turn(profile: Profile) -> None:
    """Let those who arrive as the same person at once wait for one another: one makes the account.

    SQLite has one writer at a time anyway.
    """
    if db.engine.dialect.name == "postgresql":
        named = hashlib.sha256(f"{profile.issuer}\0{profile.subject}".encode()).digest()
        key = int.from_bytes(named[:8], signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _made_in_advance(profile: Profile) -> User | None:
    """Return the account that waits for whoever proves its address."""
    proved = _proved(profile)
    user = User.by_email(proved) if proved else None
    if user is None or not user.awaits_identity:
        return None
    if not user.granted_roles and _is_named(profile):  # a directory was faster than its admin
        user.granted_roles = ["admin"]
    return user


def _newcomer(profile: Profile) -> User:
    """Make an account. Nobody is admin by arriving first, only by a named, verified address."""
    where = PROVIDER_NAMES[profile.provider]
    if not profile.email:
        message = f"{where} told no e-mail address of yours: let it, and sign in again."
        raise Refused(message, reason="no_email")
    if User.by_email(profile.email) is not None:
        raise Refused(
            f"There is an account with the address {profile.email} already. Sign in to it as you "
            f"did before, then connect {where} under Settings, Profile.",
            reason="address_taken",
        )
    start = {"github": ["developer"]}.get(profile.provider, [])
    roles: list[str] = ["admin"] if _is_named(profile) else start
    rest: dict[str, Any] = {"awaits_identity": False}
    return User.add(profile.email, name=profile.name[:200], roles=roles, **rest)


def _is_named(profile: Profile) -> bool:
    """Tell whether the operator named this address, which has to be verified, as an admin's."""
    return _proved(profile) in settings().initial_admin_emails


def _proved(profile: Profile) -> str:
    """Return the verified address in the form it is stored in, else nothing.

    One that only becomes an address of ours in small letters is another: U+212A makes a "k".
    """
    same = all(mark.isascii() or mark == mark.lower() for mark in profile.email)
    return profile.email.strip().lower() if profile.email_verified and same else ""


def _no_role() -> Refused:
    return Refused(
        "None of your groups has a role here. Ask an admin of planpush to map one of them, or your "
        "directory's admin to put you into one that is mapped.",
        reason="no_role",
    )
