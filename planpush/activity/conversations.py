"""The threads that concern a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.mentions import Mention
from planpush.comments.thread import OPEN, RESOLVED, Thread
from planpush.database.session import db
from planpush.database.sqlite import quiet
from planpush.document.anchoring.target import Origin
from planpush.errors import Finding, Invalid
from planpush.notifications import event_rows
from planpush.plans.plan import Plan
from planpush.reviews.attention import Turn

PAGE = 30
_WALK = 3_000  # comments of all
_MANY = 3  # threads in so few comments
_LATER = aliased(Comment)
SHOWS = {"mine": "Where I wrote", "plans": "On my plans", "mentions": "Mentions"}
STATES = {OPEN: "Open", RESOLVED: "Resolved", "all": "All"}


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread and its newest comment. `where`, `quote` and `words` are untrusted.

    `turn` says why it is one's own turn, `waits_for` whose else it is; both in words, or empty.
    """

    thread_id: int
    comment_id: int
    slug: str
    title: str
    state: str
    blocking: bool
    answer: str
    actor: User
    agent: bool
    at: datetime
    words: str
    replies: int
    turn: str
    waits_for: str
    where: str = ""
    quote: str = ""

    @property
    def href(self) -> str:
        """Return the thread's address."""
        return f"/p/{self.slug}?thread={self.thread_id}#t{self.thread_id}"


@dataclass(frozen=True, slots=True)
class Conversations:
    """A page of threads. `older` is the comment before which the next page begins."""

    rows: Sequence[Conversation] = ()
    show: str = "mine"
    state: str = OPEN
    before: int | None = None
    older: int | None = None

    @classmethod
    def of(
        cls, user: User, show: str = "mine", state: str = OPEN, before: int | None = None
    ) -> Conversations:
        """Return a page of the threads that concern a person. Raises `Invalid`."""
        _known("show", show, SHOWS)
        _known("state", state, STATES)
        found = _rows(_newest(user, show, state, before))
        places, turns = event_rows.places({row.thread_id for row in found}), _turns(found)
        rows = [
            _told(row, places.get(row.thread_id), turns.get(row.thread_id, ()), user)
            for row in found[:PAGE]
        ]
        older = rows[-1].comment_id if len(found) > PAGE else None
        return cls(rows, show, state, before, older)


def _known(what: str, value: str, known: dict[str, str]) -> None:
    if value not in known:
        message = f"There is no {what} “{value[:40]}”: choose one of those above."
        raise Invalid(message, [Finding("unknown_filter", message, field=what)])


def _newest(user: User, show: str, state: str, before: int | None) -> list[int]:
    """Return the newest comment of each thread of a page, and one more, newest first.

    Who has much to do with many is served by a walk through the newest comments of all; for who has
    not, their own threads are few.
    """
    here = Plan.visible_to(user).join(Thread, Thread.plan_id == Plan.id)
    if state in (OPEN, RESOLVED):
        here = here.where(Thread.state == state)
    near = list(db.session.scalars(_walk(here, user, show, before, _WALK)))
    if _MANY < len(near) <= PAGE:  # as often as so far, there is a page of them a little further
        reach = 2 * _WALK * PAGE // len(near)
        near = list(db.session.scalars(_walk(here, user, show, before, reach)))
    if len(near) > PAGE:
        return near
    last = _latest().order_by(_LATER.id.desc()).limit(1).correlate(Thread).scalar_subquery()
    every = here.where(_among(user, show)).with_only_columns(last.label("id")).subquery()
    older = () if before is None else (every.c.id < before,)
    query = select(every.c.id).where(every.c.id.is_not(None), *older)
    return list(db.session.scalars(query.order_by(every.c.id.desc()).limit(PAGE + 1)))


def _walk(here: Select[Any], user: User, show: str, before: int | None, reach: int) -> Select[Any]:
    """Return the way through the newest comments: those that are their thread's last word."""
    top = func.coalesce(before, select(func.max(Comment.id)).scalar_subquery() + 1)
    query = here.join(Comment, Comment.thread_id == Thread.id)
    query = query.where(Comment.id < top, Comment.id >= top - reach, Comment.deleted_at.is_(None))
    later = select(_LATER.id).where(_LATER.thread_id == Comment.thread_id, _LATER.id > Comment.id)
    query = query.where(~later.where(_LATER.deleted_at.is_(None)).correlate(Comment).exists())
    query = query.where(_concerns(user, show))  # last: a thread may have thousands of comments
    return query.with_only_columns(Comment.id).order_by(Comment.id.desc()).limit(PAGE + 1)


def _latest() -> Select[Any]:
    """Return what stands in a thread and was not taken back."""
    return select(_LATER.id).where(_LATER.thread_id == Thread.id, _LATER.deleted_at.is_(None))


def _concerns(user: User, show: str) -> ColumnElement[bool]:
    """Return the condition that a thread concerns a person, asked of one after the other."""
    said = aliased(Comment)
    here = exists().where(said.thread_id == Thread.id, said.deleted_at.is_(None))
    if show == "mine":
        return here.where(quiet(said.author_id) == user.id)
    if show == "plans":
        return Plan.owner_id == user.id
    return here.where(Mention.comment_id == said.id, quiet(Mention.user_id) == user.id)


def _among(user: User, show: str) -> ColumnElement[bool]:
    """Return the same condition, asked of the person: for whom it is true of few."""
    said = select(Comment.thread_id).where(Comment.deleted_at.is_(None))
    if show == "mine":
        return Thread.id.in_(said.where(Comment.author_id == user.id))
    if show == "plans":
        return Plan.owner_id == user.id
    named = said.join(Mention, Mention.comment_id == Comment.id)
    return Thread.id.in_(named.where(Mention.user_id == user.id))


def _rows(ids: Sequence[int]) -> Sequence[Any]:
    """Return some comments, newest first, each with its thread, plan and author."""
    other = aliased(Comment)
    same = other.thread_id == Comment.thread_id, other.deleted_at.is_(None)
    query = (
        select(
            Comment.id.label("comment_id"), Comment.thread_id, Comment.via, Comment.kept,
            Comment.deleted_at, Comment.created_at.label("at"), User, Plan.slug, Plan.title,
            Thread.plan_id, Thread.state, Thread.blocking, Thread.answer_status,
            select(func.count()).where(*same).scalar_subquery().label("words"),
        )
        .join(Thread, Thread.id == Comment.thread_id)
        .join(Plan, Plan.id == Thread.plan_id)
        .join(User, User.id == Comment.author_id)
        .where(Comment.id.in_(ids))
    )  # fmt: skip
    return db.session.execute(query.order_by(Comment.id.desc())).all() if ids else ()


def _turns(rows: Sequence[Any]) -> dict[int, list[Any]]:
    """Return whose turn it is in each thread, and why."""
    on = Turn.plan_id.in_({row.plan_id for row in rows})
    if not rows:
        return {}
    query = select(Turn.thread_id, Turn.user_id, Turn.reason, User.name)
    query = query.join(User, User.id == Turn.user_id).where(on)
    turns: dict[int, list[Any]] = {}
    for turn in db.session.execute(
        query.where(Turn.thread_id.in_({row.thread_id for row in rows})).order_by(User.name)
    ):
        turns.setdefault(turn.thread_id, []).append(turn)
    return turns


def _told(row: Any, place: Origin | None, turns: Sequence[Any], user: User) -> Conversation:
    mine = [Turn.words(turn.reason) for turn in turns if turn.user_id == user.id]
    return Conversation(
        thread_id=row.thread_id,
        comment_id=row.comment_id,
        slug=row.slug,
        title=row.title,
        state=row.state,
        blocking=row.blocking,
        answer=event_rows.ANSWERS.get(row.answer_status, ""),
        actor=row.User,
        agent=bool(row.via),
        at=row.at,
        words=event_rows.said(row.kept, row.deleted_at),
        replies=row.words - 1,
        turn=mine[0] if mine else "",
        waits_for=" and ".join(turn.name for turn in turns[:2]) if not mine else "",
        **event_rows.spot(place),
    )
