"""Directory groups and the role that each brings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    bindparam,
    cast,
    delete,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.errors import Finding, Forbidden, Invalid
from planpush.events.event import Event
from planpush.setting_specs import ROLES
from planpush.settings.store import settings

LONGEST = 200


class Group(Base):
    """A group of a directory."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST))
    name_key: Mapped[str] = mapped_column(String(2 * LONGEST), unique=True)  # casefolded
    external_id: Mapped[str | None] = mapped_column(String(255), index=True)
    scim: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # attributes we only keep
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class GroupMember(Base):
    """Who is in a group."""

    __tablename__ = "group_members"
    __table_args__ = (Index(None, "user_id", "group_id"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )


class GroupRole(Base):
    """The role that a group's name brings, whether a claim or SCIM says it."""

    __tablename__ = "group_roles"

    name_key: Mapped[str] = mapped_column(String(2 * LONGEST), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST))
    role: Mapped[str] = mapped_column(String(20))

    @classmethod
    def all(cls) -> list[GroupRole]:
        """Return the whole map, by name."""
        return list(db.session.scalars(select(cls).order_by(cls.name_key)))

    @classmethod
    def put(cls, name: str, role: str, *, by: User) -> None:
        """Let a group bring a role, for everybody at once. Raises 403, 409, 422."""
        _admin_only(by)
        name = name.strip()
        if not name or len(name) > LONGEST or not name.isprintable():
            message = f"A group's name has 1 to {LONGEST} printable characters."
            raise Invalid(message, [Finding("malformed", message, field="group")])
        if role not in ROLES:
            message = f"Roles are {', '.join(ROLES)}."
            raise Invalid(message, [Finding("malformed", message, field="role")])
        row = db.session.get(cls, name.casefold()) or cls(name_key=name.casefold())
        row.name, row.role = name, role
        db.session.add(row)
        Event.record("group_role.set", by=by, target=name, data={"role": role})
        _settle_members(name.casefold(), by)

    @classmethod
    def drop(cls, name: str, *, by: User) -> None:
        """Take a group out of the map, for everybody at once. Raises 403, 409."""
        _admin_only(by)
        row = db.session.get(cls, storable(name).strip().casefold())
        if row is not None:
            db.session.delete(row)
            Event.record("group_role.removed", by=by, target=row.name, data={"role": row.role})
            _settle_members(row.name_key, by)


def _admin_only(by: User) -> None:
    if not by.may("roles.map"):
        raise Forbidden("Only an admin may map groups to roles.")


def _settle_members(name_key: str, by: User | None) -> None:
    db.session.flush()
    for user in db.session.scalars(User.people().where(in_group(name_key)).order_by(User.id)):
        user.settle(by=by)


def in_group(name_key: str) -> ColumnElement[bool]:
    """Return the condition that a person is in a group, by its casefolded name."""
    return cast(User.group_names, String).contains(json.dumps(name_key), autoescape=True)


# Asked for each of thousands who join a group: made once.
_BROUGHT = select(GroupRole.role).where(GroupRole.name_key.in_(bindparam("names", expanding=True)))


def roles_of(user: User) -> set[str]:
    """Return the roles that a person's groups bring; the default one if there is no other."""
    names = {"names": user.group_names}
    roles = set(db.session.scalars(_BROUGHT, names)) if user.group_names else set()
    if roles or user.granted_roles:
        return roles
    return {settings().default_role} - {""}


def sources(user: User) -> list[tuple[str, str]]:
    """Return a person's roles in force, each with the group that brings it, "" where none does."""
    query = select(GroupRole).where(GroupRole.name_key.in_(user.group_names))
    rows = db.session.scalars(query.order_by(GroupRole.name_key)).all() if user.group_names else []
    brought = [(row.role, row.name) for row in rows]
    named = {role for role, _ in brought}
    granted = [(role, "") for role in user.roles if role in user.granted_roles or role not in named]
    return sorted(granted + brought, key=lambda pair: ROLES.index(pair[0]))


def claimed(user: User, groups: list[str] | None) -> None:
    """Replace a person's groups by those that a provider named; None: only SCIM's are left."""
    if groups is None:
        query = select(Group.name_key).join(GroupMember).where(GroupMember.user_id == user.id)
        user.group_names = sorted(set(db.session.scalars(query)))
    else:
        user.group_names = sorted({name.strip().casefold() for name in groups})


def renamed(user: User, before: str, name: str) -> None:
    """Note that a group of a person's is called otherwise from now on."""
    names = set(user.group_names) - {before.casefold()}
    user.group_names = sorted({*names, name.casefold()})
    user.settle(by=None)


def joined(user: User, name: str, *, by: User | None = None) -> None:
    """Note that a person is in a group from now on."""
    user.group_names = sorted({*user.group_names, name.casefold()})
    user.settle(by=by)


def left(user: User, name: str, *, by: User | None = None) -> None:
    """Note that a person is in a group no longer."""
    user.group_names = sorted(set(user.group_names) - {name.casefold()})
    user.settle(by=by)


def members(group: Group) -> Mapping[int, User]:
    """Return a group's people by id."""
    query = User.people().join(GroupMember, GroupMember.user_id == User.id)
    found = db.session.scalars(query.where(GroupMember.group_id == group.id))
    return {user.id: user for user in found}


def remove_all(user: User) -> None:
    """Take a person out of every group."""
    db.session.execute(delete(GroupMember).where(GroupMember.user_id == user.id))
    user.group_names = []
