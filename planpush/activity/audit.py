"""The audit log and its query language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true, union_all
from sqlalchemy.orm import aliased

from planpush.accounts.user import User
from planpush.dashboard.query import Term, parse
from planpush.database.session import db, rows
from planpush.errors import Finding, Invalid
from planpush.events.event import Event
from planpush.events.labels import in_words, kinds_said
from planpush.plans.plan import Plan

KEYS = {
    name: frozenset[str]() for name in ("actor", "action", "object", "since", "until", "address")
}
NOBODY = "nobody"
_MOST_ACTORS = 50
# Transactions that overlap get their ids in another order than their times.
_SLACK = timedelta(hours=1)


def condition(term: Term) -> ColumnElement[bool]:
    """Return what a term asks of an event. Raises `Invalid`."""
    met = _CONDITIONS[term.key](term.value)
    return ~func.coalesce(met, false()) if term.negated else met


def actors_named(value: str) -> list[int | None]:
    """Return whom `actor:` means: an address, or part of a name; nobody is None."""
    if value.casefold() == NOBODY:
        return [None]
    exact = db.session.scalar(select(User.id).where(User.email == value.lower()))
    if exact is not None:
        return [exact]
    named = User.name.icontains(value, autoescape=True) | User.email.icontains(
        value, autoescape=True
    )
    ids = db.session.scalars(select(User.id).where(named).limit(_MOST_ACTORS + 1)).all()
    if len(ids) > _MOST_ACTORS:
        raise _invalid(f"“actor:{value}” means more than {_MOST_ACTORS} people: write more of it")
    return list(ids)


def _by(value: str) -> ColumnElement[bool]:
    ids = actors_named(value)
    return Event.actor_id.is_(None) if ids == [None] else Event.actor_id.in_(ids)


def _action(value: str) -> ColumnElement[bool]:
    return Event.kind.startswith(value, autoescape=True)


def _object(value: str) -> ColumnElement[bool]:
    plans = select(Plan.id).where(Plan.slug.icontains(value, autoescape=True))
    return or_(Event.target.icontains(value, autoescape=True), Event.plan_id.in_(plans))


def _word(value: str) -> ColumnElement[bool]:
    people = select(User.id).where(User.name.icontains(value, autoescape=True))
    said = Event.kind.icontains(value, autoescape=True) | Event.kind.in_(kinds_said(value))
    return or_(said, _object(value), Event.actor_id.in_(people))


def _address(value: str) -> ColumnElement[bool]:
    return Event.address.startswith(value, autoescape=True)


def _since(value: str) -> ColumnElement[bool]:
    start, _ = _span("since", value)
    return (Event.at >= start) & (Event.id >= _first_from(start - _SLACK))


def _until(value: str) -> ColumnElement[bool]:
    _, end = _span("until", value)
    return (Event.at < end) & (Event.id < _first_from(end + _SLACK))


_CONDITIONS = {
    "": _word,
    "actor": _by,
    "action": _action,
    "object": _object,
    "since": _since,
    "until": _until,
    "address": _address,
}


def _span(key: str, value: str) -> tuple[datetime, datetime]:
    """Return the day, or the second, that is meant, in UTC: its start and its end."""
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        length = timedelta(seconds=1) if "T" in value else timedelta(days=1)
        if not 1970 <= at.year < 3000:
            raise ValueError
        return at, at + length
    except (ValueError, OverflowError):
        message = f"“{key}:{value}” is no date: write {key}:2026-11-01 or {key}:2026-11-01T14:30"
        raise _invalid(message) from None


def _first_from(at: datetime) -> int:
    """Return the id from which on events are of `at` or later; times follow the ids."""
    low = 1
    high = (db.session.scalar(select(func.max(Event.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(Event.id, Event.at).where(Event.id >= middle).order_by(Event.id).limit(1)
        found = db.session.execute(query).first()
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0] + 1
    return low


def _invalid(message: str) -> Invalid:
    return Invalid(message, [Finding("bad_term", message, field="q")])


PAGE = 50
MOST_EXPORTED = 30_000
_CHUNK = 1000
REACH = 200_000
"""Entries that a page looks through for what no index finds; the next page goes on from there."""
FILE_REACH = 500_000
"""Entries that a file looks through for it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log, as people and files read it. `at` is UTC."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    kind: str
    object: str
    plan: str
    address: str
    request_id: str
    data: dict[str, Any]

    @property
    def words(self) -> str:
        """Return what happened, in plain words."""
        return in_words(self.kind)


class Audit:
    """What a query asks of the log. Raises `Invalid` for one that it cannot read.

    The same key twice means either. Who and what are found by their indexes, part by part: each
    part is read from its newest end, so that a page costs the same however long the log is.
    """

    def __init__(self, q: str = "") -> None:
        terms = parse(q, KEYS)
        named = [term.value for term in terms if term.key == "actor" and not term.negated]
        asked = [term.value for term in terms if term.key == "action" and not term.negated]
        rest = [term for term in terms if term.negated or term.key not in ("actor", "action")]
        self._rest = [condition(term) for term in rest]
        kinds = [kind for kind in _kinds() if kind.startswith(tuple(asked))] if asked else []
        if named:
            ids = {one for value in named for one in actors_named(value)}
            self._parts = [
                Event.actor_id == one if one else Event.actor_id.is_(None) for one in ids
            ]
            self._rest += [Event.kind.in_(kinds)] if asked else []
        else:
            self._parts = [Event.kind == kind for kind in kinds] if asked else [true()]

    def floor(self, before: int | None = None, reach: int = REACH) -> int | None:
        """Return the id from which a page looks, where it has to look through; None: from all."""
        top = before or Event.newest_of_all() + 1
        return top - reach if self._rest and top - reach > 1 else None

    def page(
        self, before: int | None = None, size: int = PAGE, floor: int | None = None
    ) -> list[Entry]:
        """Return the newest entries, of those older than the one with the id `before`."""
        ids = self._ids(before, size, floor)
        return [] if ids is None else [_entry(*row) for row in rows(_told(ids, size))]

    def chunks(
        self, before: int | None = None, floor: int | None = None, most: int = MOST_EXPORTED
    ) -> Iterator[list[Entry]]:
        """Return up to `most` entries piece by piece; between two, the database is let go."""
        while most > 0:
            found = self.page(before, min(_CHUNK, most), floor)
            db.session.rollback()
            yield found
            if len(found) < _CHUNK:
                return
            before, most = found[-1].id, most - len(found)

    def cut_at(
        self, before: int | None = None, floor: int | None = None, most: int = MOST_EXPORTED
    ) -> int | None:
        """Return the id before which the rest is: of the last of `most` entries, or the floor.

        None if there is no more than these.
        """
        ids = self._ids(before, most + 1, floor)
        if ids is None:
            return None
        found = ids.subquery()
        last = select(found.c.id).order_by(found.c.id.desc()).offset(most - 1).limit(2)
        two = db.session.scalars(last).all()
        return two[0] if len(two) > 1 else floor

    def _ids(self, before: int | None, size: int, floor: int | None = None) -> Select[Any] | None:
        """Return the query of the newest ids; of several parts, each brings its newest."""
        older = [Event.id < before] if before is not None else []
        older += [Event.id >= floor] if floor is not None else []
        parts = [
            select(Event.id).where(part, *self._rest, *older).order_by(Event.id.desc()).limit(size)
            for part in self._parts
        ]
        if len(parts) > 1:
            whole = union_all(*(select(part.subquery().c.id) for part in parts)).subquery()
            return select(whole.c.id)
        return parts[0] if parts else None


_READ = (Event.id, Event.at, Event.kind, Event.target, Event.address, Event.request_id, Event.data)


def _told(ids: Select[Any], size: int) -> Select[Any, Any, Any, Any]:
    newest = ids.subquery()
    top = select(newest.c.id).order_by(newest.c.id.desc()).limit(size).subquery()
    return (
        select(*_READ, User.email, User.name, Plan.slug)
        .join(top, top.c.id == Event.id)
        .outerjoin(User, User.id == Event.actor_id)
        .outerjoin(Plan, Plan.id == Event.plan_id)
        .order_by(Event.id.desc())
    )


def _entry(
    number: int, at: datetime, kind: str, target: str, address: str, request: str,
    data: dict[str, Any], email: str | None, name: str | None, slug: str | None,
) -> Entry:  # fmt: skip
    return Entry(
        id=number,
        at=at,
        actor=email or "",
        actor_name=name or "",
        kind=kind,
        object=target or slug or "",
        plan=slug or "",
        address=address,
        request_id=request,
        data=data,
    )


def _kinds() -> list[str]:
    """Return the kinds that occur, jumping from one to the next along the index."""
    seen = select(func.min(Event.kind).label("kind")).cte(recursive=True)
    later = aliased(Event)
    following = select(func.min(later.kind)).where(later.kind > seen.c.kind).scalar_subquery()
    every = seen.union_all(select(following).where(seen.c.kind.is_not(None)))
    return [kind for kind in db.session.scalars(select(every.c.kind)) if kind is not None]
