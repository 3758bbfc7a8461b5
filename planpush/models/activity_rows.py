"""What the activity feed is made of: rows of events and comments, found by few bounded looks.

However many events there are, and however few of them a person may see, no look reads more than
`MOST` of a kind; what it did not reach is where the next page begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    null,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from planpush.db import among, db, rows
from planpush.models.comment import Comment
from planpush.models.event import Event
from planpush.models.mention import Mention
from planpush.models.notice import Mute
from planpush.models.plan import PUBLISHED, Member, Plan
from planpush.models.reader import Reader
from planpush.models.user import User
from planpush.models.version import Version
from planpush.sqlite import quiet

FIRST, SECOND, MOST = 600, 12_000, 60_000  # events of a kind that a look reads
FEW = 4_000  # plans: of so many, all events are read
_RARE = 4  # kinds
_BUSIEST = 12  # plans that one takes part in, by their last activity
_LATELY = 200  # things that one did oneself
_NAMES_SOMEBODY = (
    "plan.handed_over", "review.asked", "review.withdrawn", "editor.added", "editor.removed",
)  # fmt: skip
_ME: Any = bindparam("me", type_=Integer)
Limited = Callable[[Select[Any]], Select[Any]]
Found = tuple[list[int], int | None]


def heard_by(user: User) -> Limited:
    """Return what leaves of a query the plans that a person sees and did not mute."""
    muted = select(Mute.plan_id).where(Mute.user_id == user.id)
    return lambda query: query.where(Plan.id.not_in(muted))


def found(user: User, kinds: Sequence[str], before: int | None, most: int) -> Found:
    """Return the newest events of some kinds that a person hears of, and where the look ended.

    They are ids, newest first, at most `most`; the look's end is None if nothing is older.
    """
    hears = heard_by(user)
    for reach in (FIRST, SECOND):
        floor = _floor([Event.kind == kind for kind in kinds], before, reach)
        ids = _seen(user, hears, _of_kinds(kinds, before, floor, reach), most)
        if len(ids) == most or floor is None:
            return ids, floor
    few = hears(Plan.visible_to(user)).where(_candidates(user)).with_only_columns(Plan.id)
    plan_ids = db.session.scalars(few.limit(FEW + 1)).all()
    if len(plan_ids) <= FEW:
        on = Event.plan_id.in_(plan_ids), quiet(Event.kind).in_(kinds)
        return _seen(user, hears, _where(*on, *_span(before, None)), most), None
    floor = _floor([Event.kind == kind for kind in kinds], before, MOST)
    return _seen(user, hears, _of_kinds(kinds, before, floor, MOST), most), floor


def _candidates(user: User) -> ColumnElement[bool]:
    """Return what is true of all plans that a person sees, or of more than `FEW`: by indexes."""
    if user.sees_everything:
        return true()
    own = (
        select(Plan.id).where(Plan.owner_id == user.id),
        select(Member.plan_id).where(Member.user_id == user.id),
    )
    listed = select(Plan.id).where(Plan.archived.in_((False, True)), Plan.visibility == PUBLISHED)
    some = listed.limit(FEW + 1).subquery()
    return Plan.id.in_(select(union(*own, select(some.c.id)).subquery().c[0]))


def found_by(user: User, kinds: Sequence[str], before: int | None, most: int) -> Found:
    """Return what a person did themselves, likewise: also on plans that they muted."""
    theirs = Event.actor_id == user.id
    floor = _floor([theirs], before, MOST)
    events = _where(theirs, quiet(Event.kind).in_(kinds), *_span(before, floor))
    return _seen(user, lambda query: query, events, most), floor


def _floor(conditions: list[ColumnElement[bool]], before: int | None, reach: int) -> int | None:
    """Return the event down to which `reach` of each condition's are surely read; None: all."""
    looks = [_where(one, *_span(before, None)).order_by(Event.id.desc()) for one in conditions]
    ends = [
        look.with_only_columns(Event.id).offset(reach).limit(1).scalar_subquery() for look in looks
    ]
    return max((end for end in db.session.execute(select(*ends)).one() if end), default=None)


def _of_kinds(kinds: Sequence[str], before: int | None, floor: int | None, reach: int) -> Any:
    """Return the events of some kinds down to the floor; each kind's by its own index, if few.

    For rare kinds PostgreSQL would rather walk through all events.
    """
    span = _span(before, floor)
    if len(kinds) > _RARE:
        return _where(Event.kind.in_(kinds), *span)
    looks = (_where(Event.kind == kind, *span).order_by(Event.id.desc()) for kind in kinds)
    each = (select(look.limit(reach + 1).subquery()) for look in looks)
    return select(union_all(*each).subquery())


def _where(*conditions: ColumnElement[bool]) -> Any:
    return select(Event.id, Event.plan_id).where(*conditions)


def _span(before: int | None, floor: int | None) -> list[ColumnElement[bool]]:
    below = [] if before is None else [Event.id < before]
    return below if floor is None else [*below, Event.id >= floor]


def _seen(user: User, limited: Limited, events: Select[Any], most: int) -> list[int]:
    """Return the newest of some events, those on plans that a person sees."""
    some = events.subquery()
    query = limited(Plan.visible_to(user)).join(some, some.c.plan_id == Plan.id)
    ids = query.with_only_columns(some.c.id).order_by(some.c.id.desc()).limit(most)
    return list(db.session.scalars(ids))


def tell(user: User, ids: Collection[int]) -> Sequence[Any]:
    """Return what is to be told of events, newest first: of those that a person may see."""
    return rows(_told(Reader.like(user)), {"me": user.id, "ids": list(ids)}).all()


@cache
def _told(reader: Reader) -> Any:
    whom = aliased(User)
    start: Any = select(func.min(Comment.id)).where(Comment.thread_id == Event.thread_id)
    first = start.correlate(Event).scalar_subquery().label("first")
    return (
        Plan.visible_to(reader)
        .join(Event, Event.plan_id == Plan.id)
        .outerjoin(Comment, _said())
        .outerjoin(Version, _pushed())
        .outerjoin(User, User.id == Event.actor_id)
        .outerjoin(whom, Event.kind.in_(_NAMES_SOMEBODY) & (whom.email == Event.target))
        .where(among(Event.id, "ids"))
        .order_by(Event.id.desc())
        .with_only_columns(
            Event.id, Event.kind, Event.at, Event.thread_id, Event.data, *_columns(), first,
            Version.message, Version.agent, Version.purged_at, whom.name.label("whom"),
        )
    )  # fmt: skip


def _said() -> ColumnElement[bool]:
    """Return what joins a comment with the event that it was added."""
    comment_id = Event.data["comment"].as_integer()
    here = Event.kind == "comment.added", Comment.plan_id == Event.plan_id
    return and_(*here, Comment.id == comment_id)


def _pushed() -> ColumnElement[bool]:
    """Return what joins a version with the event that it was pushed."""
    number = Event.data["version"].as_integer()
    here = Event.kind == "version.pushed", Version.plan_id == Event.plan_id
    return and_(*here, Version.number == number)


def _columns() -> list[Any]:
    return [
        Plan.id.label("plan_id"), Plan.slug, Plan.title,
        User.id.label("actor_id"), User.name.label("actor"), User.email.label("actor_email"),
        Comment.id.label("comment_id"), Comment.via, Comment.kept.label("kept"), Comment.deleted_at,
    ]  # fmt: skip


def mentioning(user: User, before: int | None, most: int) -> Sequence[Any]:
    """Return the comments that name a person, newest first, as rows of the same shape."""
    query = (
        Plan.visible_to(user)
        .join(Comment, Comment.plan_id == Plan.id)
        .join(Mention, Mention.comment_id == Comment.id)
        .join(User, User.id == Comment.author_id)
        .where(Mention.user_id == user.id, Comment.deleted_at.is_(None))
        .where(*([] if before is None else [Mention.comment_id < before]))
        .with_only_columns(
            Comment.id, Comment.created_at.label("at"), Comment.thread_id, null().label("data"),
            *_columns(),
        )
    )  # fmt: skip
    return db.session.execute(query.order_by(Mention.comment_id.desc()).limit(most)).all()


def lately(user: User, kinds: Sequence[str], most: int) -> Sequence[Any]:
    """Return what others did last on the plans that a person takes part in, newest first.

    They own it, were let in, or did something there not long ago; of each, the last two.
    """
    ids = {one for row in rows(_looks(tuple(kinds)), {"me": user.id}) for one in row}
    return tell(user, sorted(ids - {None})[-most:]) if ids - {None} else ()


@cache
def _looks(kinds: tuple[str, ...]) -> Any:
    muted = select(Mute.plan_id).where(Mute.user_id == _ME)
    newest = select(Plan.id).where(Plan.id.in_(_part_of_mine()), Plan.id.not_in(muted))
    newest = newest.order_by(quiet(Plan.active_at).desc(), Plan.id.desc()).limit(_BUSIEST)
    plans = newest.subquery()
    others = (
        select(Event.id)
        .where(Event.plan_id == plans.c.id, quiet(Event.kind).in_(kinds))
        .where(Event.actor_id.is_distinct_from(_ME))
        .correlate(plans)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return select(*(others.offset(n).scalar_subquery() for n in range(2))).select_from(plans)


def _part_of_mine() -> Select[Any]:
    """Return the ids of the plans that a person takes part in; of many, those of late."""
    owned = select(Plan.id).where(Plan.owner_id == _ME).order_by(Plan.active_at.desc())
    acted = select(Event.plan_id).where(Event.actor_id == _ME).order_by(Event.id.desc())
    part = union(
        select(owned.limit(_BUSIEST).subquery().c.id),
        select(Member.plan_id).where(Member.user_id == _ME),
        select(acted.limit(_LATELY).subquery().c.plan_id),
    ).subquery()
    return select(part.c[0]).where(part.c[0].is_not(None))


def at_of(before: int | None, *, comments: bool) -> datetime | None:
    """Return when that was, before which a page begins."""
    of = Comment.created_at if comments else Event.at
    key = Comment.id if comments else Event.id
    return db.session.scalar(select(of).where(key == before)) if before else None
