"""What each term of the audit log's query means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, false, func, or_, select

from planpush.content.problem import Finding, Invalid
from planpush.content.query import Term
from planpush.db import db
from planpush.models.event import Event
from planpush.models.event_words import kinds_said
from planpush.models.plan import Plan
from planpush.models.user import User

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
