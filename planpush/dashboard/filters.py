"""The filters of the list of plans.

Statements are for whoever is the parameter `me`, so that they are made once for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    union_all,
)

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.mentions import Mention
from planpush.comments.thread import BLOCKED, Thread
from planpush.dashboard.query import Term, between
from planpush.database.cached_count import is_few
from planpush.database.session import numbers, rows
from planpush.database.sqlite import asked, quiet
from planpush.errors import Finding, Invalid
from planpush.plans.plan import PRIVATE, PUBLISHED, REVIEWER, Member, Plan
from planpush.plans.version import Version
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import APPROVED, CHANGES

ME: Any = bindparam("me", type_=Integer)


def theirs(user_id: Any) -> Select[Any]:
    """Return the plans that somebody owns or was let into."""
    return _all(_owned(user_id), _member(user_id))


def counted() -> Select[Any]:
    """Return the plans that somebody owns or commented on: of those they take part in, most."""
    return _all(_owned(ME), _said())


def mine() -> ColumnElement[bool]:
    """Return the condition that `me` takes part in a plan, by naming all of these."""
    return Plan.id.in_(_named())


def walked() -> ColumnElement[bool]:
    """Return the same for a walk: all are looked up at once, and each of its plans compared."""
    return asked(quiet(Plan.id).in_(_named()))


def _owned(user_id: Any) -> Select[Any]:
    return select(Plan.id).where(Plan.owner_id == user_id)


def _member(user_id: Any) -> Select[Any]:
    return select(Member.plan_id).where(Member.user_id == user_id)


def _named() -> Select[Any]:
    return _all(_owned(ME), _member(ME), _said(), _pushed())


def _said() -> Select[Any]:
    # There may be ten comments on a plan.
    return select(Comment.plan_id).where(*_spoken()).distinct()


def _spoken() -> tuple[ColumnElement[bool], ...]:
    return Comment.author_id == ME, Comment.deleted_at.is_(None)


def _pushed() -> Select[Any]:
    return select(Version.plan_id).where(Version.pushed_by_id == ME).distinct()


def _all(*queries: Select[Any]) -> Select[Any]:
    found = union_all(*queries).subquery()
    return select(found.c[0])


MYSELF = "me"
_VERDICTS = {"approved": APPROVED, "changes": CHANGES}
_MANY = 20  # people: what they own together is no few plans
_SOME = 4_000  # plans that are sorted as quickly as an index is walked
_OWN = 2_000  # of somebody who takes part in more, an index is walked: it is read in order


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What a plan must fulfil. `few`: it names plans, so that these are looked at and no others.

    `indexed` is the same where an index finds the plans, `named` selects them: either can be
    counted. `by_activity`: the index finds them in the order of activity. `own` is the same by
    naming plans that are few for nearly everybody: whether for `me`, too, `named` tells. `name` is
    what it asks, so that this need not be counted each time.
    """

    clause: ColumnElement[bool]
    indexed: ColumnElement[bool] | None = None
    named: Select[Any] | None = None
    own: ColumnElement[bool] | None = None
    by_activity: bool = False
    few: bool = False
    name: str = ""

    def settled(self, me: int, *, by_activity: bool, words: bool) -> Condition:
        """Return the cheapest form for a list: an index in its order, or plans if they are few.

        To ask each plan of a long walk for `words` costs more than to sort somebody's own.
        """
        named, most = self.named, _SOME if self.own is None else _OWN
        if self.indexed is not None and not (by_activity and self.by_activity):
            both = Plan.archived.in_([False, True])  # every index begins with it
            named = select(Plan.id).where(both, self.indexed)
        if named is None:
            return self
        if self.own is None or not words:
            what = self.name, most, self.own is not None and me
            if not is_few(what, lambda: _count(named, most, me) <= most):
                return self
        # Looked up on their own, whatever else is asked; they may have become more meanwhile.
        clause = Plan.id.in_(named.offset(0)) if self.own is None else self.own
        return Condition(clause, own=self.own, few=True)

    def form(self, *, walks: bool) -> ColumnElement[bool]:
        """Return the clause for a list; `walks`: an index by activity is walked for it."""
        return (
            self.indexed if walks and self.by_activity and self.indexed is not None else self.clause
        )

    def negated(self) -> Condition:
        """Return the opposite, which names no plans."""
        return Condition(not_(self.clause))


def _count(named: Select[Any], most: int, me: int) -> int:
    count = select(func.count()).select_from(named.limit(most + 1).subquery())
    return int(rows(count, {"me": me}).scalar_one())


def condition(term: Term, user: User) -> Condition:
    """Return what a term asks. Raises `Invalid` for a value that it cannot take."""
    if term.key in _OF_ONESELF:
        _only_oneself(term, user)
        found = _OF_ONESELF[term.key]()
    else:
        found = _BY_KEY[term.key](term.value, user)
    return found.negated() if term.negated else found


def is_of_shelf(term: Term) -> bool:
    """Tell whether a term says if plans are archived: all of those are asked together."""
    return term.key == "is" and term.value in ("open", "archived")


def shelf(terms: Sequence[Term], *, few: bool) -> ColumnElement[bool]:
    """Return whether the plans that terms ask for are archived: unless told, they are open."""
    wanted = {False, True}
    told = [term for term in terms if is_of_shelf(term)]
    for term in told:
        wanted &= {(term.value == "archived") != term.negated}
    if not told:
        wanted = {False}
    return _archived(frozenset(wanted), few)


def _archived(wanted: frozenset[bool], few: bool) -> ColumnElement[bool]:
    column = quiet(Plan.archived) if few else Plan.archived
    return column.is_(next(iter(wanted))) if len(wanted) == 1 else false()


def _is(value: str, user: User) -> Condition:
    if value == "approved":
        return _equals(Plan.verdict, APPROVED)
    if value == "private" and not user.sees_everything:
        return Condition(
            (quiet(Plan.visibility) == PRIVATE) & Plan.id.in_(theirs(user.id)), few=True
        )
    return _equals(Plan.visibility, PRIVATE if value == "private" else PUBLISHED)


def _has(value: str, _user: User) -> Condition:
    return _blocked() if value == "blocking" else _discussed()


def _review(value: str, _user: User) -> Condition:
    return _unreviewed() if value == "needed" else _equals(Plan.verdict, _VERDICTS[value])


def _author(value: str, user: User) -> Condition:
    ids = _people(value, user)
    if len(ids) > _MANY:  # of several such terms, the ids were too many parameters
        return Condition(quiet(Plan.owner_id).in_(numbers(ids)))
    return Condition(Plan.owner_id.in_(ids) if ids else false(), few=True)


def _reviewer(value: str, user: User) -> Condition:
    ids = _people(value, user)
    if len(ids) > _MANY:
        here = exists().where(Member.plan_id == Plan.id, Member.kind == REVIEWER)
        return Condition(here.where(quiet(Member.user_id).in_(numbers(ids))))
    some = select(Member.plan_id).where(Member.kind == REVIEWER, Member.user_id.in_(ids))
    return Condition(Plan.id.in_(some), few=True)


def _updated(value: str, _user: User) -> Condition:
    start, end = between(value)
    at, within = quiet(Plan.active_at), (Plan.active_at >= start) & (Plan.active_at < end)
    return Condition((at >= start) & (at < end), within, by_activity=True, name=f"updated:{value}")


_BY_KEY: dict[str, Callable[[str, User], Condition]] = {
    "is": _is,
    "has": _has,
    "review": _review,
    "author": _author,
    "reviewer": _reviewer,
    "updated": _updated,
}


def _equals(column: Any, value: str) -> Condition:
    name = f"{column.key}:{value}"
    return Condition(quiet(column) == value, column == value, by_activity=True, name=name)


def _blocked() -> Condition:
    blocked = text(BLOCKED)  # as its own index says
    here = exists().where(Thread.plan_id == Plan.id, blocked)
    return Condition(here, named=select(Thread.plan_id).where(blocked), name="blocking")


def _discussed() -> Condition:
    return Condition(quiet(Plan.open_threads) > 0, Plan.open_threads > 0, name="open threads")


def _unreviewed() -> Condition:
    some = exists().where(Member.plan_id == Plan.id, Member.kind == REVIEWER)
    return Condition((quiet(Plan.verdict) == "") & some)


def _involvement() -> Condition:
    return Condition(walked(), named=counted(), own=mine(), name="involved")


def _mentioned() -> Condition:
    query = select(Comment.plan_id).join(Mention, Mention.comment_id == Comment.id)
    query = query.where(Mention.user_id == ME, Comment.deleted_at.is_(None))
    return Condition(Plan.id.in_(query), few=True)


def _turned() -> Condition:
    return Condition(Plan.id.in_(select(Turn.plan_id).where(Turn.user_id == ME)), few=True)


_OF_ONESELF = {"involves": _involvement, "mentions": _mentioned, "turn": _turned}


def _only_oneself(term: Term, user: User) -> None:
    if term.value.removeprefix("@") not in (MYSELF, user.email):
        message = f"{term.key}: takes “me”: write {term.key}:me"
        raise Invalid(message, [Finding("unknown_term", message, field="q")])


def _people(value: str, user: User) -> list[int]:
    """Return the ids of the people whom a value names; by their address, or a part of the name."""
    name = value.removeprefix("@")
    if name == MYSELF:
        return [user.id]
    exact = User.email == name.lower()
    found = rows(select(User.id).where(exact)).scalars().all()
    named = or_(User.name.icontains(name, autoescape=True), User.email.startswith(f"{name}@"))
    return list(found or rows(select(User.id).where(named).order_by(User.id)).scalars())
