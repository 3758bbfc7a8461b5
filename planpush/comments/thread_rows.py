"""Threads and comments as plain values for display.

Nobody changes what they only read. To make and to forget a row that could be changed takes ten
times as long, and a panel shows hundreds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, select

from planpush.accounts.user import User
from planpush.comments.comment import Comment, History
from planpush.comments.mentions import Mention
from planpush.comments.placement import Placement
from planpush.comments.thread import Origin, Thread
from planpush.database.session import db, rows
from planpush.document.anchoring.placement import Placement as Where
from planpush.document.anchoring.placement import State
from planpush.document.anchoring.target import Origin as Place
from planpush.plans.plan import Plan


class Named(NamedTuple):
    """Whom a comment names, and how, without the @."""

    user_id: int
    said: str


@dataclass(slots=True, eq=False)
class Said:
    """A comment: what `Comment` says of itself."""

    id: int
    thread_id: int
    author_id: int
    via: str
    kept: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    author: User
    mentions: list[Named]

    @property
    def body(self) -> str:
        """Return the words; those of a deleted comment are for nobody."""
        return "" if self.deleted_at else self.kept

    @property
    def restorable(self) -> bool:
        """Tell whether this was deleted and can be put back."""
        return self.deleted_at is not None and bool(self.kept)

    def history(self) -> History:
        """Return what this said before it was edited."""
        return History.of(self.id, self.body)


@dataclass(slots=True, eq=False)
class Spot:
    """Where a thread sits on a version: what `Placement` says of it."""

    thread_id: int
    version: int
    state: State
    confidence: float
    section: str
    block: int | None
    start: int | None
    end: int | None
    words: str
    reason: str
    confirmed: bool

    @property
    def spot(self) -> str:
        """Return this place in one word: it tells whether a page still shows the right one."""
        return f"{self.state}:{self.section}:{self.block}:{self.start}:{self.end}"

    @property
    def value(self) -> Where:
        """Return the plain value that the anchoring rules take."""
        place = self.section, self.block, self.start, self.end
        return Where(self.state, self.confidence, *place, self.reason)

    @classmethod
    def on(cls, plan: Plan, version: int, only: int | None = None) -> dict[int, Spot]:
        """Return where threads sit on one version of a plan, by their ids; `only` wants one."""
        asked = {"plan": plan.id, "version": version, "thread": only}
        return {row[0]: cls(*row) for row in rows(_PLACES if only is None else _PLACE, asked)}


@dataclass(slots=True, eq=False)
class Talk:
    """A thread with its comments: what `Thread` says of itself."""

    id: int
    state: str
    kind: str
    blocking: bool
    opened_on: int
    opened_by_id: int
    opened_at: datetime
    resolved_by_id: int | None
    resolved_at: datetime | None
    answer_status: str | None
    answer_note: str
    answer_unchanged: bool
    answered_by_id: int | None
    answered_at: datetime | None
    plan: Plan
    resolved_by: User | None
    answered_by: User | None
    comments: list[Said]
    origins: list[dict[str, Any]]

    @property
    def origin(self) -> Place:
        """Return the place that this thread speaks of, as it was when somebody chose it."""
        return Place.from_dict(self.origins[-1])

    @classmethod
    def on(cls, plan: Plan, only: int | None = None) -> Iterator[Talk]:
        """Yield the threads of a plan, the oldest first; `only` wants one of them."""
        asked = {"plan": plan.id, "thread": only}
        statements = _statements(of_one=only is not None)
        threads, comments, mentions = (rows(one, asked).all() for one in statements)
        writers = (row.author_id for row in comments)
        enders = (one for row in threads for one in (row.resolved_by_id, row.answered_by_id) if one)
        people = _people({*writers, *enders})
        named, said = defaultdict(list), defaultdict(list)
        for comment_id, *mention in mentions:
            named[comment_id].append(Named(*mention))
        for row in comments:
            words: Any = (*row, people[row.author_id], named.get(row.id, []))
            said[row.thread_id].append(Said(*words))
        for thread_id, found in groupby(threads, key=itemgetter(0)):  # a row for each of its places
            placed = list(found)
            row, places = placed[0], [one.selector for one in placed]
            ends = people.get(row.resolved_by_id), people.get(row.answered_by_id)
            told: Any = (*row[:-1], plan, *ends, said.get(thread_id, []), places)
            yield cls(*told)


_OF_THREAD, _OF_COMMENT = 14, 8  # the first fields are columns
_PLACES = select(*(getattr(Placement, one.name) for one in fields(Spot))).where(
    Placement.plan_id == bindparam("plan", type_=Integer),
    Placement.version == bindparam("version", type_=Integer),
)
_PLACE = _PLACES.where(Placement.thread_id == bindparam("thread", type_=Integer))
AnyPlacement = Placement | Spot
AnyThread = Thread | Talk
AnyComment = Comment | Said


def _people(ids: Iterable[int]) -> dict[int, User]:
    """Return people by their ids."""
    return {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(ids)))}


@cache
def _statements(*, of_one: bool) -> tuple[Select[Any], ...]:
    names, words = (fields(one) for one in (Talk, Said))
    threads = select(*(getattr(Thread, one.name) for one in names[:_OF_THREAD]))
    columns = [getattr(Comment, one.name) for one in words[:_OF_COMMENT]]
    talk = [Thread.plan_id == bindparam("plan", type_=Integer)]
    talk += [Thread.id == bindparam("thread", type_=Integer)] if of_one else []
    comments = select(*columns).join(Thread, Comment.thread_id == Thread.id)
    mentions = select(Mention.comment_id, Mention.user_id, Mention.said)
    mentions = mentions.join(Comment, Mention.comment_id == Comment.id)
    mentions = mentions.join(Thread, Comment.thread_id == Thread.id)
    places = threads.add_columns(Origin.selector).join(Origin, Origin.thread_id == Thread.id)
    places = places.order_by(Thread.id, Origin.id)
    ordered: tuple[Any, ...] = (comments.order_by(Comment.id), mentions)
    return (places.where(*talk), *(one.where(*talk) for one in ordered))
