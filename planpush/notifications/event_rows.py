"""What rows about events share: place, person and day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol, TypeVar

from sqlalchemy import select

from planpush.accounts.user import User
from planpush.comments.thread import Origin
from planpush.database.session import db, now
from planpush.document.anchoring import target as content

MOST = 240  # characters of a comment or a quote
ANSWERS = {
    "applied": "Applied.",
    "partial": "Partly applied.",
    "declined": "Declined.",
    "question": "Asks back.",
}


class Dated(Protocol):
    """What has a time."""

    @property
    def at(self) -> datetime:
        """Return when it was."""


Row = TypeVar("Row", bound=Dated)


def places(thread_ids: Collection[int]) -> dict[int, content.Origin]:
    """Return where threads stand: the newest place that somebody chose for each."""
    query = select(Origin.thread_id, Origin.selector).where(Origin.thread_id.in_(thread_ids))
    found = db.session.execute(query.order_by(Origin.id)).all() if thread_ids else ()
    return {row.thread_id: content.Origin.from_dict(row.selector) for row in found}


def spot(place: content.Origin | None) -> dict[str, Any]:
    """Return a place as a row shows it: `where`, the section, and `quote`; untrusted words."""
    if place is None:
        return {}
    where = place.headings[0] if place.headings else ""
    return {"where": where, "quote": (place.exact or place.block_text)[:MOST]}


def people(ids: Collection[int]) -> dict[int, User]:
    """Return people by their ids."""
    found = db.session.scalars(select(User).where(User.id.in_(ids))) if ids else ()
    return {user.id: user for user in found}


def said(kept: str | None, deleted_at: datetime | None) -> str:
    """Return the first words of a comment; nothing of one that was taken back."""
    return "" if deleted_at or not kept else kept[:MOST]


def by_day(rows: Iterable[Row]) -> list[tuple[date, list[Row]]]:
    """Return rows by their day (UTC), in their order."""
    return [(day, list(some)) for day, some in groupby(rows, lambda row: row.at.date())]


def in_words(day: date) -> str:
    """Return a day in words."""
    today = now().date()
    near = {today: "Today", today - timedelta(days=1): "Yesterday"}
    year = "" if day.year == today.year else f" {day.year}"
    return near.get(day) or f"{day.day} {day:%B}{year}"
