"""The activity feed.

However many events there are, and however few of them a person may see, no look reads more than
`MOST` of a kind; what it did not reach is where the next page begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
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

from planpush.accounts.avatar import Face
from planpush.accounts.user import Reader, User
from planpush.activity import last_seen
from planpush.activity.feed_labels import KINDS, SHOWS, told_as
from planpush.comments.comment import Comment
from planpush.comments.mentions import Mention
from planpush.database.session import among, db, now, rows
from planpush.database.sqlite import quiet
from planpush.errors import Finding, Invalid
from planpush.events.event import Event
from planpush.notifications import event_rows
from planpush.notifications.notices import Mute
from planpush.plans.plan import PUBLISHED, Member, Plan
from planpush.plans.version import Version

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


PAGE = 30
_TAKEN = 3 * PAGE  # events that are read for a page: bursts fold into one row
_BURST = timedelta(minutes=5)
_FOLDS = ("thread.answered", "thread.resolved", "thread.reopened")
_RECENT = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """One row: `did`, then the plan's title, then `after`.

    `id` is its event, or its comment among mentions; `last` the oldest that it stands for. `where`,
    `quote` and `words` are untrusted. `deleted`: the comment was taken back.
    """

    id: int
    last: int
    kind: str
    at: datetime
    plan_id: int
    slug: str
    title: str
    actor: Face | None
    agent: bool
    did: str
    after: str
    href: str
    words: str
    where: str = ""
    quote: str = ""
    deleted: bool = False
    count: int = 1

    def continues(self, other: Moment) -> bool:
        """Tell whether this belongs to the burst that `other`, a newer one, stands for."""
        same = (self.kind, self.plan_id, self.actor) == (other.kind, other.plan_id, other.actor)
        return same and self.kind in _FOLDS and other.at - self.at <= _BURST

    def joined(self, other: Moment) -> Moment:
        """Return this with an older one of its burst, which it stands for from now on."""
        count = self.count + 1
        did = f"{self.kind.partition('.')[2]} {count} threads on"
        plain: dict[str, Any] = {"where": "", "quote": "", "words": ""}
        href = f"/p/{self.slug}"
        return replace(self, last=other.last, count=count, did=did, href=href, **plain)


@dataclass(frozen=True, slots=True)
class Day:
    """The moments of a day (UTC). `goes_on`: the page before began it."""

    date: date
    moments: Sequence[Moment]
    goes_on: bool = False

    @property
    def name(self) -> str:
        """Return the day in words."""
        return event_rows.in_words(self.date)


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of what happened. `older` is where the next begins; `since` one's last look."""

    moments: Sequence[Moment] = ()
    show: str = ""
    before: int | None = None
    older: int | None = None
    since: datetime | None = None
    prior: datetime | None = None  # when that was, before which this page begins
    reader: int = 0  # the person's id: what they did themselves is never new

    @classmethod
    def of(cls, user: User, show: str = "", before: int | None = None) -> Activity:
        """Return a page of what a person may know of. Raises `Invalid` for an unknown `show`."""
        if show not in SHOWS:
            message = f"There is no filter “{show[:40]}”: choose one of those above."
            raise Invalid(message, [Finding("unknown_filter", message, field="show")])
        rows, rest = _rows(user, show, before)
        moments = _folded(_moments(rows))
        if len(moments) > PAGE:
            moments, rest = moments[:PAGE], moments[PAGE - 1].last
        elif len(rows) > _TAKEN:  # the last goes on below, maybe
            moments = moments[:-1] or moments
            rest = moments[-1].last
        prior = at_of(before, comments=show == "mentions")
        since = None if show == "mine" else last_seen.since(user)
        return cls(moments, show, before, rest, since, prior, user.id)

    @property
    def days(self) -> list[Day]:
        """Return the moments by day."""
        before = self.prior.date() if self.prior else None
        return [Day(day, rows, day == before) for day, rows in event_rows.by_day(self.moments)]

    def is_new(self, moment: Moment) -> bool:
        """Tell whether somebody else did something since one's last look."""
        theirs = moment.actor is None or moment.actor.id != self.reader
        return theirs and self.since is not None and moment.at > self.since

    @property
    def seam(self) -> int:
        """Return the first that one has seen already, below what is new; 0: it is not here."""
        above = self.prior
        for moment in self.moments:
            if self.since and moment.at <= self.since:
                return moment.id if above and above > self.since else 0
            above = moment.at
        return 0

    @property
    def since_words(self) -> str:
        """Return when the last look was: "yesterday 17:40"."""
        if self.since is None:
            return ""
        day = event_rows.in_words(self.since.date())
        return f"{day[0].lower()}{day[1:]} {self.since:%H:%M}"


def _rows(user: User, show: str, before: int | None) -> tuple[Sequence[Any], int | None]:
    """Return the rows of a page and some more, and where to go on should they not fill it."""
    if show == "mentions":
        return mentioning(user, before, PAGE + 1), None
    find = found_by if show == "mine" else found
    ids, rest = find(user, SHOWS[show], before, _TAKEN + 1)
    return tell(user, ids) if ids else (), rest


@dataclass(frozen=True, slots=True)
class Recent:
    """The last few things that others did on the plans that a person takes part in."""

    moments: Sequence[Moment]

    @property
    def is_fresh(self) -> bool:
        """Tell whether all of it is of today or yesterday."""
        first = now().date() - timedelta(days=1)
        return all(moment.at.date() >= first for moment in self.moments)


def recent(user: User) -> Recent:
    """Return what the dashboard's side column shows, the newest first: two statements."""
    return Recent(_folded(_moments(lately(user, KINDS, _RECENT), placed=False)))


def _moments(rows: Sequence[Any], *, placed: bool = True) -> list[Moment]:
    threads = {row.thread_id for row in rows if row.thread_id is not None} if placed else ()
    places = event_rows.places(threads)
    return [
        Moment(
            last=row.id, at=row.at, id=row.id, plan_id=row.plan_id, slug=row.slug,
            title=row.title, actor=_actor(row),
            **told_as(row), **event_rows.spot(places.get(row.thread_id)),
        )
        for row in rows
    ]  # fmt: skip


def _actor(row: Any) -> Face | None:
    return None if row.actor_id is None else Face(row.actor_id, row.actor, row.actor_email)


def _folded(moments: Sequence[Moment]) -> list[Moment]:
    """Return moments, newest first, each burst as one of them."""
    folded: list[Moment] = []
    for moment in moments:
        if folded and moment.continues(folded[-1]):
            folded[-1] = folded[-1].joined(moment)
        else:
            folded.append(moment)
    return folded
