"""The audit log: events, found by a query, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, true, union_all
from sqlalchemy.orm import aliased

from planpush.content.query import parse
from planpush.db import db, rows
from planpush.models.audit_terms import KEYS, actors_named, condition
from planpush.models.event import Event
from planpush.models.event_words import in_words
from planpush.models.plan import Plan
from planpush.models.user import User

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
