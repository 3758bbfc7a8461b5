"""Identities: a person's accounts at sign-in providers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.groups import claimed
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.user import User
from planpush.database.encryption import seal, unseal
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.errors import Problem
from planpush.events.event import Event
from planpush.settings.store import settings

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

    def account_in_advance(self) -> User | None:
        """Return the account that waits for whoever proves its address."""
        proved = self._proved
        user = User.by_email(proved) if proved else None
        if user is None or not user.awaits_identity:
            return None
        if not user.granted_roles and self._is_named:  # a directory was faster than its admin
            user.granted_roles = ["admin"]
        return user

    def newcomer(self) -> User:
        """Make an account. Nobody is admin by arriving first, only by a named, verified address.

        Raises `Refused`: there is no address, or an account with it.
        """
        where = PROVIDER_NAMES[self.provider]
        if not self.email:
            message = f"{where} told no e-mail address of yours: let it, and sign in again."
            raise Refused(message, reason="no_email")
        if User.by_email(self.email) is not None:
            raise Refused(
                f"There is an account with the address {self.email} already. Sign in to it as you "
                f"did before, then connect {where} under Settings, Profile.",
                reason="address_taken",
            )
        start = {"github": ["developer"]}.get(self.provider, [])
        roles = ["admin"] if self._is_named else start
        return User.add(self.email, name=self.name[:200], roles=roles, awaits_identity=False)

    @property
    def _is_named(self) -> bool:
        """Tell whether the operator named this address, which has to be verified, as an admin's."""
        return self._proved in settings().initial_admin_emails

    @property
    def _proved(self) -> str:
        """Return the verified address in the form it is stored in, else nothing.

        One that only becomes an address of ours in small letters is another: U+212A makes a "k".
        """
        same = all(mark.isascii() or mark == mark.lower() for mark in self.email)
        return self.email.strip().lower() if self.email_verified and same else ""


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
    def arrive(cls, profile: Profile) -> User:
        """Return whose account this is, made if need be. Raises `Refused`.

        The provider's subject decides. An address decides only where an operator or SCIM made the
        account in advance, it has no identity yet, and the provider has verified the address.
        """
        _in_turn(profile)
        identity = cls.find(profile.issuer, profile.subject)
        if identity is None:
            identity = cls._link(profile.account_in_advance() or profile.newcomer(), profile)
        elif identity.user.deleted_at is not None:
            identity._move(profile)
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
        identity._record_link(profile)
        return identity

    def _record_link(self, profile: Profile) -> None:
        data = {"provider": profile.provider, "login": profile.login[:254]}
        Event.record("identity.linked", by=self.user, target=self.user.email, data=data)

    def _move(self, profile: Profile) -> None:
        """Come back after being deleted: only to an account that was made anew in advance.

        So whoever a directory deletes stays out, also where another provider would let them in.
        """
        user = profile.account_in_advance()
        if user is None:
            raise Refused("Your account was deleted. Ask an admin.", reason="deleted")
        self.user_id, self.user, user.awaits_identity = user.id, user, False
        self._record_link(profile)

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


def _no_role() -> Refused:
    return Refused(
        "None of your groups has a role here. Ask an admin of planpush to map one of them, or your "
        "directory's admin to put you into one that is mapped.",
        reason="no_role",
    )
