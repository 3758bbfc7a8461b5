"""A directory group as a SCIM Group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from scim2_models import (
    InvalidValueException,
    Meta,
    PayloadTooLargeException,
    Resource,
    UniquenessException,
)
from sqlalchemy import ColumnElement, Select, delete, insert, select

from planpush.accounts.groups import LONGEST, Group, GroupMember, joined, left, members, renamed
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.scim.record import changes, etag, kept, note, row_id, touch

# Ids are unique over all kinds of resources (RFC 7643, 3.1).
TABLE, PREFIX = Group, "g"
_OURS = frozenset({"schemas", "id", "meta", "externalId", "displayName", "members"})
_CHUNK, _NAMED = 1000, 50
MOST_MOVED = 1_000
"""People who join or leave by one request: each is looked at, and may get another role."""


def rows() -> Select[Group]:
    """Return every group."""
    return select(Group)


def equal(name: str, value: str) -> ColumnElement[bool] | None:
    """Return a condition that groups with this value meet, others perhaps too; None: no index."""
    if name == "externalid":
        return Group.external_id == value
    return Group.name_key == value.casefold() if name == "displayname" else None


def shown(
    groups: Sequence[Group], model: type[Resource[Any]], wanted: Any = None
) -> list[Resource[Any]]:
    """Return groups as SCIM shows them; their members are read only if they are `wanted`."""
    people = _members_of(groups) if _wants_members(wanted) else {}
    return [_shown(group, people.get(group.id), model) for group in groups]


def _shown(group: Group, people: Any, model: type[Resource[Any]]) -> Resource[Any]:
    found = model.model_validate(
        group.scim
        | {"id": f"{PREFIX}{group.id}", "externalId": group.external_id, "displayName": group.name}
        | {"members": people}
    )
    found.meta = Meta(
        resource_type="Group",
        created=group.created_at,
        last_modified=group.updated_at,
        version=etag(group),
    )
    return found


def _wants_members(wanted: Any) -> bool:
    """Tell whether an answer, a filter or an order needs the members."""
    if wanted is None:
        return True
    used = f"{getattr(wanted, 'filter', None) or ''} {getattr(wanted, 'sort_by', None) or ''}"
    if "members" in used.lower():
        return True
    only = [str(path).lower() for path in wanted.attributes or ()]
    without = [str(path).lower().rpartition(":")[2] for path in wanted.excluded_attributes or ()]
    return "members" not in without and (not only or any("members" in path for path in only))


def _members_of(groups: Sequence[Group]) -> dict[int, list[dict[str, str]]]:
    query = (
        select(GroupMember.group_id, User.id, User.name)
        .join(User, User.id == GroupMember.user_id)
        .where(User.deleted_at.is_(None))
        .order_by(User.id)
    )
    if len(groups) <= _CHUNK:
        query = query.where(GroupMember.group_id.in_([group.id for group in groups]))
    found: dict[int, list[dict[str, str]]] = {}
    for group_id, user_id, name in db.session.execute(query):
        entry = {"value": str(user_id), "$ref": f"Users/{user_id}", "display": name}
        found.setdefault(group_id, []).append(entry | {"type": "User"})
    return found


def add(resource: Any) -> Group:
    """Make a group. Raises `UniquenessException`, `LastAdmin`."""
    group = Group(scim=kept(resource, _OURS))
    _name(group, resource)
    db.session.add(group)
    db.session.flush()
    group.updated_at = group.created_at
    came, _ = _move(group, _ids(resource), set())
    note("scim.group.created", group.name, changes(None, resource), **_named(came, []))
    return group


def write(group: Group, old: Any, new: Any) -> None:
    """Let a group be as `new` says. Raises `UniquenessException`, `LastAdmin`."""
    before, after = _ids(old), _ids(new)
    former = group.name
    group.scim = kept(new, _OURS)
    _name(group, new)
    if group.name_key != former.casefold():
        people = members(group).values()
        with db.session.no_autoflush:
            for user in people:
                renamed(user, former, group.name)
                touch(user)
    came, went = _move(group, after - before, before - after)
    touch(group)
    note("scim.group.changed", group.name, changes(old, new), **_named(came, went))


def write_members(group: Group, into: set[str], out: set[str]) -> None:
    """Let some people join and others leave; the rest of a large group is not even read."""
    came, went = _move(group, into, out)
    touch(group)
    changed = ["members"] if came or went else []
    note("scim.group.changed", group.name, changed, **_named(came, went))


def remove(group: Group) -> None:
    """Delete a group: its people lose what it brought. Raises `LastAdmin`."""
    gone = list(members(group).values())
    db.session.execute(delete(GroupMember).where(GroupMember.group_id == group.id))
    with db.session.no_autoflush:
        for user in gone:
            left(user, group.name)
            touch(user)
    db.session.delete(group)
    note("scim.group.deleted", group.name, [], **_named([], gone))


def _name(group: Group, resource: Any) -> None:
    name = (resource.display_name or "").strip()
    key, external = name.casefold(), resource.external_id
    if not name or not name.isprintable() or len(name) > LONGEST or len(key) > 2 * LONGEST:
        detail = f"displayName has 1 to {LONGEST} printable characters"
        raise InvalidValueException(detail=detail)
    if external is not None and len(external) > 255:
        raise InvalidValueException(detail="externalId has at most 255 characters")
    query = select(Group.id).where(Group.name_key == key, Group.id != (group.id or 0))
    with db.session.no_autoflush:
        if db.session.scalars(query).first() is not None:
            raise UniquenessException(detail="displayName is taken")
    group.name, group.name_key, group.external_id = name, key, external


def _ids(resource: Any) -> set[str]:
    return {one.value or "" for one in resource.members or ()}


def _move(group: Group, into: set[str], out: set[str]) -> tuple[list[User], list[User]]:
    """Let people join and leave; return who really did. Raises `InvalidValueException`."""
    there = _present(group, into | out)
    came = _people(into - there)
    if len(came) < len(into - there):
        known = {str(user.id) for user in came}
        unknown = min(into - there - known)
        raise InvalidValueException(detail=f"members: there is no user {unknown[:40]!r}")
    went = _people(out & there)
    if len(came) + len(went) > MOST_MOVED:
        detail = f"{MOST_MOVED:,} people join or leave at most with one request: send the rest next"
        raise PayloadTooLargeException(detail=detail)
    if came:
        rows = [{"group_id": group.id, "user_id": user.id} for user in came]
        db.session.execute(insert(GroupMember), rows)
    for some in _chunks(out & there):
        where = (GroupMember.group_id == group.id, GroupMember.user_id.in_(some))
        db.session.execute(delete(GroupMember).where(*where))
    with db.session.no_autoflush:  # written together, not one before the next is looked at
        for told, people in ((joined, came), (left, went)):
            for user in people:
                told(user, group.name)
                touch(user)
    return came, went


def _present(group: Group, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _chunks(ids):
        query = select(GroupMember.user_id).where(GroupMember.group_id == group.id)
        found |= {
            str(one) for one in db.session.scalars(query.where(GroupMember.user_id.in_(some)))
        }
    return found


def _people(ids: Iterable[str]) -> list[User]:
    found: list[User] = []
    for some in _chunks(ids):
        query = User.people().where(User.id.in_(some)).order_by(User.id).with_for_update()
        found += db.session.scalars(query)
    return found


def _chunks(ids: Iterable[str]) -> Iterator[list[int]]:
    """Return the ids that can be ours, some at a time: a statement takes only so many."""
    numbers = iter(sorted({row_id(one, "") for one in ids} - {0}))
    while some := list(islice(numbers, _CHUNK)):
        yield some


def _named(came: list[User], went: list[User]) -> dict[str, Any]:
    """Return who came and went, for the audit log; of a crowd, only how many."""
    moved = {"joined": came, "left": went}
    return {
        how: [user.email for user in people] if len(people) <= _NAMED else len(people)
        for how, people in moved.items()
        if people
    }
