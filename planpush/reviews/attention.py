"""Whose turn it is, as in Gerrit's attention set.

`RULES` is the whole table; docs/your-turn.md says it in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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

from planpush.accounts.user import Reader, User
from planpush.database.session import Base, UTCDateTime, among, db, now, rows, upsert
from planpush.database.sqlite import quiet
from planpush.events.event import Event
from planpush.notifications.audience import whom as newly_concerned
from planpush.notifications.preferences import MENTION as NAMED
from planpush.plans.plan import EDITOR, Plan
from planpush.reviews.approval import LAPSED
from planpush.reviews.event_context import Scene
from planpush.reviews.sign_offs import APPROVED, CHANGES, WAITING

if TYPE_CHECKING:
    from planpush.events.event import Event

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


OWNERS = (COMMENT, REOPENED, CHANGES, APPROVED, HANDED)
"""The reasons that concern an owner as such: whoever owns the plan next has these turns."""


@dataclass(frozen=True, slots=True)
class Gets:
    """Whose turn it is now, and why. Who did it never gets a turn by it."""

    who: Collection[int]
    reason: str


Move = Gets | Ended
Rule = Callable[[Scene], Iterable[Move]]


def actor_is_done(scene: Scene) -> Iterable[Move]:
    """Who acts has had their turn there."""
    yield Ended(scene.actor)


def all_are_done(_scene: Scene) -> Iterable[Move]:
    """Nothing is left to do there, for nobody."""
    yield Ended()


def holders_are_done(scene: Scene) -> Iterable[Move]:
    """One of the plan's own acted for all of them; who was named is still waited for."""
    if scene.by_holder:
        yield Ended(scene.holders, (COMMENT, REPLY, REOPENED, CHANGES, APPROVED))


def named_get_it(scene: Scene) -> Iterable[Move]:
    """Whom a comment names is asked something."""
    if scene.comment is not None:
        yield Gets([one.user_id for one in scene.comment.mentions], MENTION)


def newly_named_get_it(scene: Scene) -> Iterable[Move]:
    """Whom an edited comment names, and never named before."""
    told = newly_concerned(scene.event) if scene.comment and scene.comment.mentions else {}
    yield Gets([user_id for user_id, kind in told.items() if kind == NAMED], MENTION)


def other_side_gets_it(scene: Scene) -> Iterable[Move]:
    """A reader's word waits for the owner; the owner's for who opened the thread or wrote there."""
    if scene.by_holder:
        yield Gets(scene.parts["opener"] | scene.parts["writer"] - scene.holders, REPLY)
    else:
        yield Gets(scene.owner, COMMENT)
        yield Gets(scene.parts[EDITOR] & scene.parts["writer"], REPLY)


def opener_gets_answer(scene: Scene) -> Iterable[Move]:
    """An answer waits for who opened the thread: only people resolve."""
    asked = scene.event.data.get("status") == "question"
    yield Gets(scene.parts["opener"], QUESTION if asked else ANSWERED)


def reopened_gets_it(scene: Scene) -> Iterable[Move]:
    """What a reader opens again waits for the owner; what the owner does, for its opener."""
    yield Gets(scene.parts["opener"] if scene.by_holder else scene.owner, REOPENED)


def taken_back_is_over(scene: Scene) -> Iterable[Move]:
    """What a deleted comment asked for is over, unless others wrote what still waits."""
    query = select(Turn.user_id, Turn.reason, Event.data).join(Event, Event.id == Turn.event_id)
    here = query.where(Turn.plan_id == scene.plan.id, Turn.thread_id == scene.event.thread_id)
    for user_id, reason, data in db.session.execute(here):
        waits = reason != MENTION and scene.last[1] not in (0, user_id)
        if data.get("comment") == scene.event.data["comment"] and not waits:
            yield Ended({user_id})


def put_back_counts_again(scene: Scene) -> Iterable[Move]:
    """A comment that is put back asks what it asked, unless the talk went on without it."""
    if scene.last[0] == scene.event.data["comment"]:
        yield from named_get_it(scene)
        yield from other_side_gets_it(scene)


def asked_gets_it(scene: Scene) -> Iterable[Move]:
    """Who is asked for a review has something to read."""
    yield Gets(_named(scene.event.target), REVIEW)


def asked_is_done(scene: Scene) -> Iterable[Move]:
    """Nothing is asked of them any more."""
    yield Ended(_named(scene.event.target), (REVIEW, VERSION))


def reviewers_look_again(scene: Scene) -> Iterable[Move]:
    """Who was asked and has no word that counts, or whose word lapsed by this version."""
    lapsed = [seat for seat in scene.seats if seat.said == LAPSED]
    before = scene.version_before if lapsed else 0
    people = [seat.user.id for seat in lapsed if seat.asked or seat.word.until == before]
    people += [seat.user.id for seat in scene.seats if seat.said == WAITING]
    yield Gets(people, VERSION)


def purged_look_again(scene: Scene) -> Iterable[Move]:
    """Whose word was given on what is purged now."""
    number = scene.event.data["version"]
    words = [(seat.user.id, seat.word) for seat in scene.seats if seat.said == LAPSED]
    people = [who for who, word in words if not word.until and word.given_on == number]
    yield Gets(people, VERSION)


def owner_hears_word(scene: Scene) -> Iterable[Move]:
    """A word on the version waits for the owner; while one asks for changes, that is it."""
    yield Gets(scene.owner, CHANGES if scene.plan.verdict == CHANGES else APPROVED)


def no_word_is_over(scene: Scene) -> Iterable[Move]:
    """A word that was taken back asks the owner for nothing."""
    said = {seat.said for seat in scene.seats}
    stands = CHANGES if CHANGES in said else APPROVED if APPROVED in said else ""
    yield Ended(None, {CHANGES, APPROVED} - {stands})


def new_owner_takes_over(scene: Scene) -> Iterable[Move]:
    """What waited for the owner waits for the new one."""
    before = _named(scene.event.data.get("from", ""))
    for user_id in before:
        Turn.pass_on(scene.plan.id, user_id, scene.plan.owner_id, OWNERS)
    yield Gets({scene.plan.owner_id}, HANDED)


RULES: dict[str, tuple[Rule, ...]] = {
    "review.asked": (asked_gets_it,),
    "review.withdrawn": (asked_is_done,),
    "comment.added": (actor_is_done, holders_are_done, named_get_it, other_side_gets_it),
    "comment.edited": (newly_named_get_it,),
    "comment.deleted": (taken_back_is_over,),
    "comment.restored": (put_back_counts_again,),
    "thread.answered": (actor_is_done, holders_are_done, opener_gets_answer),
    "thread.resolved": (all_are_done,),
    "thread.reopened": (actor_is_done, reopened_gets_it),
    "version.pushed": (actor_is_done, holders_are_done, reviewers_look_again),
    "version.purged": (purged_look_again,),
    "sign_off.given": (actor_is_done, owner_hears_word),
    "sign_off.withdrawn": (no_word_is_over,),
    "plan.handed_over": (new_owner_takes_over,),
}


def turn(event: Event) -> None:
    """Let the turn pass as the table says, in the event's transaction."""
    plan = db.session.get(Plan, event.plan_id) if event.plan_id else None
    if plan is None:
        return
    scene = Scene(event, plan)
    moves = [move for rule in RULES.get(event.kind, ()) for move in rule(scene)]
    Turn.end(plan.id, event.thread_id or WHOLE, [one for one in moves if isinstance(one, Ended)])
    reasons: dict[int, str] = {}
    for move in (one for one in moves if isinstance(one, Gets)):
        for user_id in set(move.who) - scene.actor:
            reasons.setdefault(user_id, move.reason)
    Turn.give(plan, event, reasons)


def _named(email: str) -> set[int]:
    user = User.by_email(email) if email else None
    return {user.id} if user else set()
