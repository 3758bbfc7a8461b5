"""The count of unread notices."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Integer, Select, bindparam, exists, func, literal, select

from planpush.accounts.user import Reader, User
from planpush.database.session import afterwards, rows
from planpush.events.event import Event
from planpush.notifications.notices import MOST_COUNTED, Mute, Notice
from planpush.plans.plan import Plan
from planpush.plans.visits import Seen, Visit
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment

bells = Blueprint("bells", __name__)
_PAGE = re.compile(r"https?://[^/?#]*(?P<path>[^?#]*)")


@bells.get("/notices/count")
@quiet
def show() -> Response:
    """Answer the bell with the number of unread notices, and say it."""
    asking = _PAGE.match(request.headers.get("HX-Current-URL", ""))
    here: dict[str, Any] = {"inbox": None} if asking and asking["path"] == "/notices" else {}
    return fragment("notices/count.htmx.html", user=current_user(), **here)


_KEPT = "planpush.bell"  # where this request keeps it


@dataclass(frozen=True, slots=True)
class Bell:
    """How many notices are unread, at most `MOST_COUNTED`; and whether the page's plan is muted.

    `since` is the newest event of all at that moment: where the page's live stream begins. While
    `newest_here`, that of the page's plan, and `newest_shared`, that of what many pages
    show, stay, so does the page.
    `visited_at` is when somebody looked at the page's plan last, and `seen` what they said then
    that they have seen of it; None: never.
    """

    unread: int
    muted: bool
    plan_id: int
    since: int = field(compare=False, repr=False)  # what is shown does not depend on it
    newest_here: int
    newest_shared: int
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
        seen = Seen(user.id, row.version, row.seen_at) if row.version else None
        kept = request.environ[_KEPT] = Bell(
            row.unread,
            row.muted,
            plan_id,
            row.newest or 0,
            row.newest_here or 0,
            row.newest_shared or 0,
            row.at,
            seen,
        )
    return kept


def tell_seen(seen: Seen) -> None:
    """Let the rest of this answer show what somebody has seen by now."""
    request.environ[_KEPT] = replace(request.environ[_KEPT], seen=seen)


@cache
def _look(reader: Reader) -> Select[Any]:
    plan_id: Any = bindparam("plan", type_=Integer)
    muted = exists().where(Mute.user_id == reader.id, Mute.plan_id == plan_id)
    newest = select(func.max(Event.id))
    visits = (Visit.user_id == reader.id) & (Visit.plan_id == plan_id)
    query = select(
        Notice.count_unread(reader).label("unread"),
        muted.label("muted"),
        newest.scalar_subquery().label("newest"),
        newest.where(Event.plan_id == plan_id).scalar_subquery().label("newest_here"),
        Event.newest_shared().label("newest_shared"),
        Visit.at,
        Visit.version,
        Visit.seen_at,
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
