"""The list of people for admins: search, filters and paging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select

from planpush.accounts.groups import Group, GroupRole
from planpush.accounts.identity import PROVIDER_NAMES, Identity
from planpush.accounts.permissions import ROLE_NAMES
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import ACCESS, Token
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.errors import Finding, Invalid
from planpush.setting_specs import ROLES

PAGE = 50
LONGEST = 200
NO_ROLE = "none"
SORTS: dict[str, Any] = {
    "name": (User.name, User.id),
    "email": (User.email,),
    "newest": (User.id.desc(),),
}
STATUSES = {
    "active": "Active",
    "deactivated": "Deactivated",
    "scim": "Managed by SCIM",
    "new": "Never signed in",
}


@dataclass(slots=True)
class Row:
    """One person, and what is theirs here."""

    user: User
    providers: list[str] = field(default_factory=list)
    sessions: int = 0
    tokens: int = 0
    seen_at: datetime | None = None
    brought: list[tuple[str, str]] = field(default_factory=list)  # group, role: in words

    @property
    def granted(self) -> str:
        """Return the role that an admin gave, nothing if none did."""
        held = [name for name in ROLES if name in self.user.granted_roles]
        return held[0] if held else ""

    @property
    def by_default(self) -> bool:
        """Tell whether the role is the one of people without a mapped group."""
        return bool(self.user.roles) and not self.user.granted_roles and not self.brought

    @property
    def managed(self) -> bool:
        """Tell whether a directory keeps this account by SCIM."""
        return self.user.external_id is not None or bool(self.user.scim)


@dataclass(frozen=True, slots=True)
class People:
    """One page of people, and what was asked for."""

    rows: Sequence[Row]
    total: int
    page: int
    q: str = ""
    role: str = ""
    status: str = ""
    sort: str = "name"

    @property
    def first(self) -> int:
        """Return the number of the first person on this page, 1-based."""
        return (self.page - 1) * PAGE + 1 if self.rows else 0

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return max(1, -(-self.total // PAGE))


def list_people(
    *, q: str = "", role: str = "", status: str = "", sort: str = "", page: int = 1
) -> People:
    """Return a page of people. Raises `Invalid` for a filter it does not know."""
    sort = sort or "name"
    _known("role", role, (*ROLES, NO_ROLE))
    _known("status", status, STATUSES)
    _known("sort", sort, SORTS)
    if len(q) > LONGEST or "\0" in q:
        raise Invalid(
            f"Search for at most {LONGEST} characters.", [Finding("too_long", "", field="q")]
        )
    query = _narrowed(User.people(), q.strip(), role, status)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    found = query.order_by(*SORTS[sort]).limit(PAGE).offset((page - 1) * PAGE)
    return People(rows(db.session.scalars(found).all()), total, page, q, role, status, sort)


def _known(what: str, value: str, known: Any) -> None:
    if value and value not in known:
        message = f"There is no {what} of that name; known are {', '.join(known)}."
        raise Invalid(message, [Finding("unknown", message, field=what)])


def _narrowed(query: Select[User], q: str, role: str, status: str) -> Select[User]:
    for word in q.split():
        found = (
            User.name.icontains(word, autoescape=True),
            User.email.icontains(word, autoescape=True),
        )
        query = query.where(or_(*found))
    if role:
        query = query.where(_has_role(role))
    return query.where(_has_status(status)) if status else query


def _has_role(role: str) -> ColumnElement[bool]:
    held = cast(User.roles, String)
    return held == "[]" if role == NO_ROLE else held.like(f'%"{role}"%')


def _has_status(status: str) -> ColumnElement[bool]:
    if status == "scim":
        return User.external_id.is_not(None) | (cast(User.scim, String) != "{}")
    if status == "new":
        return ~select(Identity.id).where(Identity.user_id == User.id).exists() & (
            ~select(BrowserSession.id).where(BrowserSession.user_id == User.id).exists()
        )
    return User.active.is_(status == "active")


def row_of(user: User) -> Row:
    """Return one person's row."""
    return rows([user])[0]


def rows(users: Sequence[User]) -> list[Row]:
    """Return people with what each has here: a few grouped queries, however many they are."""
    found = {user.id: Row(user) for user in users}
    bringing = GroupRole.all() if found else []
    for row in found.values():
        mine = set(row.user.group_names)
        row.brought = [(one.name, ROLE_NAMES[one.role]) for one in bringing if one.name_key in mine]
    if found:
        _count_sessions(found)
        _count_tokens(found)
        _name_providers(found)
    return list(found.values())


def _count_sessions(found: dict[int, Row]) -> None:
    query = (
        select(
            BrowserSession.user_id,
            func.count().filter(BrowserSession.live()),
            func.max(BrowserSession.seen_at),
        )
        .where(BrowserSession.user_id.in_(found))
        .group_by(BrowserSession.user_id)
    )
    for user_id, count, seen_at in db.session.execute(query):
        found[user_id].sessions = count
        _seen(found[user_id], seen_at)


def _count_tokens(found: dict[int, Row]) -> None:
    # A device has an access and a refresh token: it counts once.
    live = Token.live() & (Token.kind != ACCESS)
    query = (
        select(Token.user_id, func.count().filter(live), func.max(Token.seen_at))
        .where(Token.user_id.in_(found))
        .group_by(Token.user_id)
    )
    for user_id, count, seen_at in db.session.execute(query):
        if user_id is not None:
            found[user_id].tokens = count
            _seen(found[user_id], seen_at)


def _name_providers(found: dict[int, Row]) -> None:
    query = select(Identity.user_id, Identity.provider, Identity.used_at)
    ordered = query.where(Identity.user_id.in_(found)).order_by(Identity.id)
    for user_id, provider, used_at in db.session.execute(ordered):
        name = PROVIDER_NAMES.get(provider, provider)
        if name not in found[user_id].providers:
            found[user_id].providers.append(name)
        _seen(found[user_id], used_at)


def _seen(row: Row, at: datetime | None) -> None:
    if at is not None and (row.seen_at is None or at > row.seen_at):
        row.seen_at = at


def group_sizes() -> dict[str, int]:
    """Return every group that is known here, casefolded, and how many people have it now."""
    sizes = dict.fromkeys(db.session.scalars(select(Group.name_key)), 0)
    named = select(User.group_names).where(
        User.deleted_at.is_(None), cast(User.group_names, String) != "[]"
    )
    for names in db.session.scalars(named):
        for name in names:
            sizes[name] = sizes.get(name, 0) + 1
    return sizes
