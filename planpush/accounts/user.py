"""Users: who they are, what they may do, and what they may see.

To make a statement anew takes longer than to run it on an index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts import avatar
from planpush.accounts.permissions import allowed, highest_role, holders
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.database.sqlite import lists
from planpush.errors import Conflict, Finding, Forbidden, Invalid, NotFound
from planpush.events.event import Event
from planpush.setting_specs import ROLES

Row = TypeVar("Row", bound=Base)


class User(Base):
    """A person. `roles` are in force; they follow from what was granted and from groups."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    granted_roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    group_names: Mapped[list[str]] = mapped_column(JSON, default=list)  # casefolded
    active: Mapped[bool] = mapped_column(default=True)
    # Made in advance by an operator or by SCIM: the first who proves the address at a provider.
    awaits_identity: Mapped[bool] = mapped_column(default=False)
    external_id: Mapped[str | None] = mapped_column(String(255), index=True)
    scim: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # attributes we only keep
    keys: Mapped[bool] = mapped_column(default=True)  # whether one-letter keys do something
    presence: Mapped[bool] = mapped_column(default=True)  # whether others see what they read
    notify: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # see preference
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # at what happened: see look
    looked_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # see erasure

    @classmethod
    def add(
        cls, email: str, *, name: str, roles: Iterable[str], by: User | None = None, **rest: Any
    ) -> User:
        """Make a person. Raises `Invalid`: the address is taken or malformed, a role unknown."""
        email, roles = cls.checked(email), sorted(set(roles))
        if not set(roles) <= set(ROLES):
            raise Invalid(f"Roles are {', '.join(ROLES)}.", [Finding("role", "unknown role")])
        if cls.by_email(email) is not None:
            raise Invalid(f"{email} exists already.", [Finding("email", "taken")])
        rest = {"awaits_identity": True} | rest
        user = cls(
            email=email, name=name.strip() or email, granted_roles=roles, roles=roles, **rest
        )
        db.session.add(user)
        db.session.flush()
        Event.record("user.added", by=by, target=email, data={"roles": roles})
        return user

    @staticmethod
    def checked(email: str) -> str:
        """Return an address in the form it is stored in. Raises `Invalid`."""
        email = email.strip().lower()
        before, _, after = email.rpartition("@")
        plain = email.isprintable() and not any(mark.isspace() for mark in email)
        if not before or not after or len(email) > 254 or not plain:
            raise Invalid("That is no e-mail address.", [Finding("email", "not an address")])
        return email

    @classmethod
    def by_email(cls, email: str) -> User | None:
        """Find a person by address, in any case."""
        return db.session.scalar(select(cls).where(cls.email == storable(email).strip().lower()))

    @classmethod
    def named(cls, told: str) -> User:
        """Return the active person with an address or id. Raises one `Invalid` for all others."""
        told = told.strip()
        row = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0
        found = db.session.get(cls, row) if row else cls.by_email(told)
        if found is None or not found.active or found.deleted_at is not None:
            message = f"There is no active person {told[:254]}." if told else "Say who."
            raise Invalid(message, [Finding("unknown_person", message, field="email")])
        return found

    @classmethod
    def any_admin(cls) -> bool:
        """Tell whether there is an admin, active or not: from then on nothing is set up anew."""
        query = cls.people().where(cast(cls.roles, String).like('%"admin"%')).limit(1)
        return db.session.scalar(query) is not None

    @classmethod
    def people(cls) -> Select[User]:
        """Return everybody but the deleted."""
        return select(cls).where(cls.deleted_at.is_(None))

    @classmethod
    def holding(cls, permission: str) -> ColumnElement[bool]:
        """Return the condition that a person has a right everywhere: `may`, asked of everybody."""
        return or_(*(lists(cls.roles, role) for role in holders(permission)))

    @classmethod
    def manageable_by(cls, by: User, user_id: int) -> User | None:
        """Return the person whom `by` may manage; None: no such person, or not theirs."""
        query = cls.people().where(cls.id == user_id)
        return db.session.scalar(query) if by.may("people.manage") else None

    @property
    def role(self) -> str:
        """Return the highest role, in words."""
        return highest_role(self.roles)

    def may(self, permission: str) -> bool:
        """Tell whether this person has a right everywhere: see `permission.TABLE`."""
        return allowed(self.roles, permission)

    @property
    def sees_everything(self) -> bool:
        """Tell whether private plans of others are visible to this person."""
        return self.may("plans.see_all")

    def grant(self, role: str, *, by: User) -> None:
        """Give exactly this role, beside those that groups bring. Raises 403, 409, 422."""
        if not by.may("people.manage"):
            raise Forbidden("Only an admin may change roles.")
        if role not in ROLES:
            raise Invalid(f"Roles are {', '.join(ROLES)}.", [Finding("role", "unknown role")])
        self.granted_roles = [role]
        self.settle(by=by)

    def settle(self, *, by: User | None, keep_last: bool = False) -> None:
        """Let the roles follow from what was granted and from the groups, from now on.

        The last active admin stays one: `keep_last` quietly, else it raises `Conflict`.
        """
        from planpush.accounts.groups import roles_of

        with db.session.no_autoflush:  # lock in one order, before this row is written
            if "admin" in self.roles:
                _admins_in_turn()
            self._read_anew()
        roles = sorted(set(self.granted_roles) | roles_of(self))
        if "admin" in self.roles and "admin" not in roles and self.active and self._is_last_admin():
            if not keep_last:
                raise LastAdmin
            roles = sorted({*roles, "admin"})
        if roles != sorted(self.roles):
            data = {"before": self.roles, "after": roles}
            Event.record("role.changed", by=by, target=self.email, data=data)
            self.roles, self.updated_at = roles, now()

    def _is_last_admin(self) -> bool:
        """Tell whether no other active admin is left."""
        db.session.flush()  # what changed for others a moment ago counts
        return _admins_in_turn() <= {self.id}

    def _read_anew(self) -> None:
        """Lock this row and take what others wrote meanwhile, but for what is changed here.

        SQLite has one writer at a time anyway.
        """
        if db.engine.dialect.name == "postgresql":
            columns = inspect(self).attrs
            names = ("roles", "granted_roles", "group_names", "active")
            stale = [name for name in names if not columns[name].history.has_changes()]
            db.session.refresh(self, stale, with_for_update=True)

    def deactivate(self, *, by: User | None, data: dict[str, Any] | None = None) -> None:
        """Shut this person out: every session and token is dead from the next request on."""
        if not self.active:
            return
        with db.session.no_autoflush:
            _admins_in_turn()
            self._read_anew()
        if "admin" in self.roles and self._is_last_admin():
            raise LastAdmin
        self.active, self.updated_at = False, now()
        Event.record("user.deactivated", by=by, target=self.email, data=data)
        self.sign_out_everywhere(by=by)

    def reactivate(self, *, by: User | None, data: dict[str, Any] | None = None) -> None:
        """Let this person sign in again; what was ended stays ended."""
        if not self.active:
            self.active, self.updated_at = True, now()
            Event.record("user.reactivated", by=by, target=self.email, data=data)

    def sign_out_everywhere(self, *, by: User | None, reason: str = "") -> None:
        """End every browser session, token and sign-in link of this person."""
        from planpush.accounts.sessions import BrowserSession, SignInLink
        from planpush.accounts.tokens import Token

        # First what is redeemed right now and becomes a session, or tokens; what an ending session
        # is just allowing is waited for, and voided after it.
        SignInLink.void(self)
        ended = BrowserSession.end_all(self)
        revoked = Token.revoke_all(self)
        data = {"sessions": ended, "tokens": revoked} | ({"reason": reason} if reason else {})
        Event.record("sessions.revoked", by=by, target=self.email, data=data)

    def prefer(self, *, keys: bool, presence: bool) -> None:
        """Note whether one-letter keys do something, and whether others see what one reads."""
        self.keys, self.presence, self.updated_at = keys, presence, now()

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        return avatar.initials(self.name, self.email)

    @property
    def hue(self) -> int:
        """Return the avatar's colour class, 1 to 6: the same person always has the same."""
        return avatar.hue(self.id)


def _admins_in_turn() -> set[int]:
    """Lock the active admins and return them; on PostgreSQL two who do so wait in turn."""
    admins = cast(User.roles, String).like('%"admin"%')
    query = select(User.id).where(User.active, admins).order_by(User.id)
    return set(db.session.scalars(query.with_for_update()))


def own(kind: type[Row], user: User, row_id: int) -> Row:
    """Return a row of `kind` that is `user`'s, locked. Raises `NotFound`: none, or another's."""
    columns: Any = kind
    query = select(kind).where(columns.id == row_id, columns.user_id == user.id)
    found = db.session.scalar(query.with_for_update(of=kind))
    if found is None:
        raise NotFound
    return found


class LastAdmin(Conflict):
    """409: the only active admin would be no admin any more."""

    def __init__(self) -> None:
        super().__init__(
            detail="There must be one active admin: make somebody else admin first.",
            code="last_admin",
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever may see this much of the plans; their id is the parameter `me`."""

    sees_everything: bool
    sees_published: bool

    @classmethod
    def like(cls, user: User) -> Reader:
        """Return the reader whose statements are a person's, too."""
        return cls(user.sees_everything, user.may("plans.see_published"))

    @property
    def id(self) -> Any:
        """Return the parameter."""
        return bindparam("me", type_=Integer)

    def may(self, permission: str) -> bool:
        """Tell whether they have the right to see published plans; no other is asked for."""
        if permission != "plans.see_published":
            raise ValueError(permission)
        return self.sees_published
