"""The dashboard's list: the plans that somebody may see, narrowed, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from planpush.content.problem import Finding, Invalid
from planpush.content.query import Term, between, parse
from planpush.db import db
from planpush.models.plan import PRIVATE, PUBLISHED, Plan
from planpush.models.user import User

SORTS: dict[str, Any] = {
    "updated": Plan.active_at,
    "created": Plan.created_at,
    "comments": Plan.open_threads,
    "title": Plan.title_key,
    "version": Plan.newest,
}
KEYS = {
    "is": frozenset({"open", "archived", "private", "published"}),
    "author": frozenset[str](),
    "has": frozenset({"open-threads"}),
    "updated": frozenset[str](),
    "sort": frozenset(SORTS) | {f"{name}-asc" for name in SORTS},
}
PAGE = 25
LAST_PAGE = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of plans, and what was asked for."""

    plans: Sequence[Plan]
    total: int
    page: int
    q: str
    sort: str

    @property
    def first(self) -> int:
        """Return the number of the first plan on this page, 1-based."""
        return (self.page - 1) * PAGE + 1 if self.plans else 0

    @property
    def pages(self) -> int:
        """Return how many pages can be reached by number."""
        return min(LAST_PAGE, max(1, -(-self.total // PAGE)))


def list_plans(
    user: User, *, q: str = "", sort: str = "", page: int = 1, deepest: int = LAST_PAGE
) -> Listing:
    """Return a page of what `user` may see. Raises `Invalid` for a query it cannot read."""
    terms = parse(q, KEYS)
    named = [term.value for term in terms if term.key == "sort"]
    order = sort or (named[-1] if named else "updated")
    if order not in KEYS["sort"]:
        message = f"There is no sort {order}; known are {', '.join(SORTS)}"
        raise Invalid(message, [Finding("unknown_sort", message, field="sort")])
    query = _narrowed(Plan.visible_to(user), terms, user)
    total = (
        db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    )
    page = min(max(page, 1), deepest)
    rows = query.order_by(*_order(order)).limit(PAGE).offset((page - 1) * PAGE)
    return Listing(db.session.scalars(rows).all(), total, page, q, order)


def _narrowed(query: Select[Plan], terms: Sequence[Term], user: User) -> Select[Plan]:
    for term in terms:
        if term.key != "sort":
            condition = _condition(term, user)
            query = query.where(~condition if term.negated else condition)
    asked = any(term.key == "is" and term.value in ("archived", "open") for term in terms)
    return query if asked else query.where(Plan.archived_at.is_(None))


def _condition(term: Term, user: User) -> ColumnElement[bool]:
    if term.key == "is":
        return {
            "open": Plan.archived_at.is_(None),
            "archived": Plan.archived_at.is_not(None),
            "private": Plan.visibility == PRIVATE,
            "published": Plan.visibility == PUBLISHED,
        }[term.value]
    if term.key == "has":
        return Plan.open_threads > 0
    if term.key == "updated":
        start, end = between(term.value)
        return (Plan.active_at >= start) & (Plan.active_at < end)
    if term.key == "author":
        return _author(term.value, user)
    return Plan.title.icontains(term.value, autoescape=True)


def _author(value: str, user: User) -> ColumnElement[bool]:
    if value == "me":
        return Plan.owner_id == user.id
    name = value.removeprefix("@")
    named = User.name.icontains(name, autoescape=True) | (User.email == name.lower())
    return Plan.owner_id.in_(select(User.id).where(named))


def _order(sort: str) -> tuple[Any, ...]:
    name, _, direction = sort.partition("-")
    ascending = direction == "asc" or (name == "title" and not direction)
    column = SORTS[name]
    return (column.asc(), Plan.id.asc()) if ascending else (column.desc(), Plan.id.desc())
