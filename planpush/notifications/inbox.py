"""A page of a person's notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.database.session import db
from planpush.document.anchoring import target as content
from planpush.events.event import Event
from planpush.notifications import event_rows
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.preferences import KINDS, MENTION
from planpush.plans.plan import Plan

PAGE = 30
_DID = {
    "comment.added": "replied on",
    "comment.edited": "edited a comment on",
    "thread.answered": "answered a thread on",
    "thread.resolved": "resolved a thread on",
    "thread.reopened": "reopened a thread on",
    "version.pushed": "pushed a version of",
    "plan.handed_over": "handed over to you:",
    "editor.added": "made you an editor of",
    "review.asked": "asks for your review of",
    "sign_off.given": "approved",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One notice. `did` is followed by the plan's title.

    `where` is the section, `quote` what the thread is on, `words` the comment's or of the answer:
    what people wrote, and untrusted. `deleted`: the comment was taken back.
    """

    id: int
    event_id: int
    at: datetime
    unread: bool
    kind: str
    more: int
    slug: str
    title: str
    muted: bool
    actor: User | None
    agent: bool
    did: str
    thread_id: int | None
    where: str = ""
    quote: str = ""
    words: str = ""
    deleted: bool = False

    @property
    def reason(self) -> str:
        """Return why this is told, in a word or two."""
        return KINDS[self.kind][0]


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of notices, the newest first. `older` is the event before which the next begins."""

    lines: Sequence[Line]
    older: int | None
    before: int | None

    @classmethod
    def of(cls, user: User, before: int | None = None) -> Inbox:
        """Return a person's notices of what happened before an event, the newest first."""
        rows = _rows(user, before)
        places = event_rows.places(
            {row.thread_id for row in rows[:PAGE] if row.thread_id is not None}
        )
        actors = event_rows.people(
            {row.actor_id for row in rows[:PAGE] if row.actor_id is not None}
        )
        lines = [_line(row, places, actors) for row in rows[:PAGE]]
        return cls(lines, lines[-1].event_id if len(rows) > PAGE else None, before)

    @property
    def days(self) -> list[tuple[str, list[Line]]]:
        """Return the notices by day (UTC), each day in words."""
        return [(event_rows.in_words(day), some) for day, some in event_rows.by_day(self.lines)]

    @property
    def newest(self) -> int:
        """Return the newest event that is shown, 0 if nothing is."""
        return self.lines[0].event_id if self.lines else 0

    @property
    def unread(self) -> int:
        """Return how many of those shown are unread."""
        return sum(line.unread for line in self.lines)


def _rows(user: User, before: int | None) -> Sequence[Any]:
    # One person is told of one event once: so their notices are in the order of their events.
    muted = exists().where(Mute.user_id == user.id, Mute.plan_id == Plan.id).label("muted")
    first = select(func.min(Comment.id)).where(Comment.thread_id == Notice.thread_id)
    query = (
        Notice.shown_to(user)
        .join(Event, Event.id == Notice.event_id)
        .outerjoin(Comment, Comment.id == Notice.comment_id)
        .with_only_columns(
            Notice.id, Notice.event_id, Notice.at, Notice.read_at, Notice.kind, Notice.count,
            Notice.thread_id, Notice.comment_id, Plan.slug, Plan.title, muted,
            Notice.actor_id, Event.kind.label("event"), Event.data, Comment.kept,
            Comment.deleted_at, first.correlate(Notice).scalar_subquery().label("first"),
        )
    )  # fmt: skip
    if before is not None:
        query = query.where(Notice.event_id < before)
    return db.session.execute(query.order_by(Notice.event_id.desc()).limit(PAGE + 1)).all()


def _line(row: Any, places: dict[int, content.Origin], actors: dict[int, User]) -> Line:
    return Line(
        id=row.id,
        event_id=row.event_id,
        at=row.at,
        unread=row.read_at is None,
        kind=row.kind,
        more=row.count - 1,
        slug=row.slug,
        title=row.title,
        muted=row.muted,
        actor=actors.get(row.actor_id),
        agent=bool(row.data.get("via")) or row.event == "thread.answered",
        did=_did(row),
        thread_id=row.thread_id,
        **event_rows.spot(places.get(row.thread_id)),
        words=_words(row),
        deleted=row.deleted_at is not None,
    )


def _did(row: Any) -> str:
    """Return what somebody did, in words."""
    if row.kind == MENTION:
        return "mentioned you on"
    if row.event == "comment.added" and row.comment_id == row.first:
        return "commented on"
    if row.event == "version.pushed" and "version" in row.data:
        return f"pushed version {row.data['version']} of"
    if row.data.get("decision") == "changes":
        return "asked for changes to"
    return _DID.get(row.event, "did something on")


def _words(row: Any) -> str:
    """Return what was said; nothing of a comment that was taken back."""
    if row.event == "thread.answered":
        return event_rows.ANSWERS.get(row.data.get("status", ""), "")
    return event_rows.said(row.kept, row.deleted_at)
