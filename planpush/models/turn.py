"""Turns: whose move it is, on a plan or in one of its threads, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.db import Base, UTCDateTime, among, db, now, rows, upsert
from planpush.models.plan import Plan
from planpush.models.reader import Reader
from planpush.models.sign_off import APPROVED, CHANGES
from planpush.models.user import User
from planpush.sqlite import quiet

if TYPE_CHECKING:
    from planpush.models.event import Event

MENTION, REVIEW, REPLY, COMMENT = "mention", "review", "reply", "comment"
ANSWERED, QUESTION, REOPENED = "answered", "question", "reopened"
VERSION, HANDED = "version", "handed"
WORDS = {
    MENTION: "Mentioned you",
    REVIEW: "Asked for your review",
    REPLY: "Replied to you",
    ANSWERED: "Answered",
    QUESTION: "Asked you back",
    COMMENT: "Commented on your plan",
    REOPENED: "Reopened",
    VERSION: "New version",
    CHANGES: "Changes requested",
    APPROVED: "Approved",
    HANDED: "Handed over",
}
MOST_WAITING = 100
WHOLE = 0
"""The thread of a turn that concerns a plan as a whole."""
_UNSYNCED = {"synchronize_session": False}
_COLUMNS = ["user_id", "plan_id", "thread_id", "event_id", "reason", "at"]


class Turn(Base):
    """Somebody is to do something: in a thread, or (`thread_id` 0) with a plan as a whole."""

    __tablename__ = "turns"
    __table_args__ = (Index(None, "plan_id", "thread_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    thread_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def plans_of(cls, user: User | Reader) -> Select[int]:
        """Return the ids of the plans on which it is a person's turn and which they may see."""
        mine = select(cls.plan_id).where(cls.user_id == user.id)
        return Plan.visible_to(user).where(Plan.id.in_(mine)).with_only_columns(Plan.id)

    @classmethod
    def of(cls, user: User, plan_ids: Collection[int]) -> Turns:
        """Return how much waits for a person, and why on each of some plans. One statement.

        Those that they may not see are not in it.
        """
        asked = {"me": user.id, "plan_ids": list(plan_ids)}
        found, reasons = rows(_turns(Reader.like(user)), asked).all(), dict[int, list[Reason]]()
        for _, plan_id, *why in found:
            if plan_id is not None:
                reasons.setdefault(plan_id, []).append(Reason(*why))
        return Turns(found[0].waiting, reasons)

    @staticmethod
    def words(reason: str) -> str:
        """Return a reason in plain words."""
        return WORDS.get(reason, "Your turn")

    @classmethod
    def give(cls, plan: Plan, event: Event, reasons: Mapping[int, str]) -> None:
        """Make it the turn of people, each for a reason: of those who may see the plan now.

        A reason replaces the one that stood there, but a new version is no news to who has not
        looked at the one before. One statement.
        """
        if not reasons:
            return
        why = case(dict(reasons), value=User.id)
        fixed = (plan.id, event.thread_id or WHOLE, event.id)
        rows = plan.readers().where(User.id.in_(list(reasons))).order_by(None)
        values = rows.with_only_columns(
            User.id, *(literal(one) for one in fixed), why, literal(event.at, UTCDateTime)
        )
        row = upsert(cls).from_select(_COLUMNS, values)
        newer = {name: row.excluded[name] for name in _COLUMNS[3:]}
        options = {"index_elements": _COLUMNS[:3], "where": row.excluded.reason != VERSION}
        db.session.execute(row.on_conflict_do_update(set_=newer, **options))

    @classmethod
    def end(cls, plan_id: int, thread_id: int, ends: Sequence[Ended]) -> None:
        """End turns in a thread (or, with 0, with the plan as a whole). One statement."""
        if ends:
            query = delete(cls).where(cls.plan_id == plan_id, cls.thread_id == thread_id)
            over = query.where(or_(*(one.condition for one in ends)))
            db.session.execute(over, execution_options=_UNSYNCED)

    @classmethod
    def drop(cls, user: User, plan_id: int) -> None:
        """End all of a person's turns on a plan: they say that they are done."""
        query = delete(cls).where(cls.user_id == user.id, cls.plan_id == plan_id)
        db.session.execute(query, execution_options=_UNSYNCED)

    @classmethod
    def pass_on(cls, plan_id: int, before: int, to: int, reasons: Collection[str]) -> None:
        """Make a person's turns on a plan another's, where that one has none yet."""
        theirs = select(cls).where(cls.plan_id == plan_id, cls.user_id == before)
        theirs = theirs.where(cls.reason.in_(reasons))
        rest = (getattr(cls, name) for name in _COLUMNS[1:])
        row = upsert(cls).from_select(_COLUMNS, theirs.with_only_columns(literal(to), *rest))
        db.session.execute(row.on_conflict_do_nothing())
        gone = delete(cls).where(cls.plan_id == plan_id, cls.user_id == before)
        db.session.execute(gone.where(cls.reason.in_(reasons)), execution_options=_UNSYNCED)


class Reason(NamedTuple):
    """Why it is somebody's turn, in which thread (or `WHOLE`), and since when."""

    reason: str
    thread_id: int
    at: datetime


class Turns(NamedTuple):
    """On how many open plans it is somebody's turn, at most `MOST_WAITING`; and why, by plan id,
    the newest first.
    """

    waiting: int
    reasons: Mapping[int, Sequence[Reason]]


@dataclass(frozen=True, slots=True)
class Ended:
    """Whose turns end (None: everybody's), and which: those for some reasons, or all."""

    who: Collection[int] | None = None
    reasons: Collection[str] = ()

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition that a turn is one of them."""
        theirs = true() if self.who is None else Turn.user_id.in_(self.who)
        return and_(theirs, Turn.reason.in_(self.reasons)) if self.reasons else theirs


@cache
def _turns(reader: Reader) -> Any:
    open_ones = Turn.plans_of(reader).where(quiet(Plan.archived).is_(False)).limit(MOST_WAITING)
    waiting = select(func.count()).select_from(open_ones.subquery()).scalar_subquery()
    seen = Plan.visible_to(reader).join(Turn, Turn.plan_id == Plan.id)
    mine = seen.where(Turn.user_id == reader.id, among(Plan.id, "plan_ids"))
    why = mine.with_only_columns(Turn.plan_id, Turn.reason, Turn.thread_id, Turn.at).subquery()
    always = select(literal(1)).subquery()  # how many wait is told also where none of these does
    query = select(waiting.label("waiting"), *why.c).select_from(always.outerjoin(why, true()))
    return query.order_by(why.c.at.desc(), why.c.thread_id)
