"""Activity: what people did on the plans that one may see, newest first, as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from planpush.content.avatar import Face
from planpush.content.problem import Finding, Invalid
from planpush.db import now
from planpush.models import activity_rows, feed, look
from planpush.models.activity_words import KINDS, SHOWS, told_as
from planpush.models.user import User

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
        return feed.in_words(self.date)


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
        prior = activity_rows.at_of(before, comments=show == "mentions")
        since = None if show == "mine" else look.since(user)
        return cls(moments, show, before, rest, since, prior, user.id)

    @property
    def days(self) -> list[Day]:
        """Return the moments by day."""
        before = self.prior.date() if self.prior else None
        return [Day(day, rows, day == before) for day, rows in feed.by_day(self.moments)]

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
        day = feed.in_words(self.since.date())
        return f"{day[0].lower()}{day[1:]} {self.since:%H:%M}"


def _rows(user: User, show: str, before: int | None) -> tuple[Sequence[Any], int | None]:
    """Return the rows of a page and some more, and where to go on should they not fill it."""
    if show == "mentions":
        return activity_rows.mentioning(user, before, PAGE + 1), None
    find = activity_rows.found_by if show == "mine" else activity_rows.found
    ids, rest = find(user, SHOWS[show], before, _TAKEN + 1)
    return activity_rows.tell(user, ids) if ids else (), rest


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
    return Recent(_folded(_moments(activity_rows.lately(user, KINDS, _RECENT), placed=False)))


def _moments(rows: Sequence[Any], *, placed: bool = True) -> list[Moment]:
    threads = {row.thread_id for row in rows if row.thread_id is not None} if placed else ()
    places = feed.places(threads)
    return [
        Moment(
            last=row.id, at=row.at, id=row.id, plan_id=row.plan_id, slug=row.slug,
            title=row.title, actor=_actor(row),
            **told_as(row), **feed.spot(places.get(row.thread_id)),
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
