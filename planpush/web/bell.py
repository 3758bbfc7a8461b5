"""The bell in the bar: what somebody has not read yet, asked once for a page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from flask import request
from sqlalchemy import Integer, Select, bindparam, exists, func, literal, select

from planpush.db import afterwards, rows
from planpush.models.event import Event
from planpush.models.notice import MOST_COUNTED, Mute, Notice
from planpush.models.plan import Plan
from planpush.models.reader import Reader
from planpush.models.user import User
from planpush.models.visit import Seen, Visit

_KEPT = "planpush.bell"  # where this request keeps it


@dataclass(frozen=True, slots=True)
class Bell:
    """How many notices are unread, at most `MOST_COUNTED`; and whether the page's plan is muted.

    `since` is the newest event of all at that moment: where the page's live stream begins.
    `visited_at` is when somebody looked at the page's plan last, and `seen` what they said then
    that they have seen of it; None: never.
    """

    unread: int
    muted: bool
    plan_id: int
    since: int = field(compare=False, repr=False)  # what is shown does not depend on it
    visited_at: datetime | None = field(compare=False, repr=False)
    seen: Seen | None = field(compare=False, repr=False)

    @property
    def shown(self) -> str:
        """Return the number as the bar shows it; nothing for none."""
        return f"{MOST_COUNTED - 1}+" if self.unread >= MOST_COUNTED else str(self.unread or "")

    @property
    def words(self) -> str:
        """Return what it says to who does not see it."""
        if not self.unread:
            return "No unread notices"
        return f"{self.shown} unread {'notice' if self.unread == 1 else 'notices'}"


def bell(user: User, plan: Plan | None = None) -> Bell:
    """Return what the bar and a plan's menu say, from one look into the database."""
    kept: Bell | None = request.environ.get(_KEPT)
    plan_id = plan.id if plan is not None else 0
    if kept is None or plan_id not in (0, kept.plan_id):
        asked = {"me": user.id, "plan": plan_id}
        row = rows(_look(Reader.like(user)), asked).one()
        seen = Seen(user.id, row[4], row[5]) if row[4] else None
        kept = request.environ[_KEPT] = Bell(row[0], row[1], plan_id, row[2] or 0, row[3], seen)
    return kept


def tell_seen(seen: Seen) -> None:
    """Let the rest of this answer show what somebody has seen by now."""
    request.environ[_KEPT] = replace(request.environ[_KEPT], seen=seen)


@cache
def _look(reader: Reader) -> Select[Any]:
    plan_id: Any = bindparam("plan", type_=Integer)
    muted = exists().where(Mute.user_id == reader.id, Mute.plan_id == plan_id)
    newest = select(func.max(Event.id)).scalar_subquery()
    visits = (Visit.user_id == reader.id) & (Visit.plan_id == plan_id)
    query = select(
        Notice.count_unread(reader), muted, newest, Visit.at, Visit.version, Visit.seen_at
    )
    return query.select_from(select(literal(1)).subquery().outerjoin(Visit, visits))


def note_read(user: User, plan: Plan, thread_id: int | None) -> None:
    """Let a thread's notices count as read: on the page that is opened at it now, then for good."""
    kept = bell(user, plan)
    if not thread_id or not kept.unread or request.method != "GET":
        return
    unread, newest = Notice.unread_of(user, plan, thread_id)
    if unread:
        if kept.unread < MOST_COUNTED:
            request.environ[_KEPT] = replace(kept, unread=max(0, kept.unread - unread))
        afterwards(partial(Notice.read_thread, user.id, thread_id, until=newest))
