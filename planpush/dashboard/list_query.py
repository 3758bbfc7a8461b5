"""A parsed list query: search terms, filters and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_

from planpush.accounts.user import User
from planpush.dashboard.filters import Condition, condition, is_of_shelf, shelf
from planpush.dashboard.query import Term, parse
from planpush.dashboard.search import Search, search
from planpush.errors import Finding, Invalid
from planpush.plans.plan import Plan

SORTS: dict[str, Any] = {
    "updated": Plan.active_at,
    "created": Plan.created_at,
    "comments": Plan.open_threads,
    "title": Plan.title_key,
    "version": Plan.newest,
}
RELEVANCE = "relevance"
KEYS = {
    "is": frozenset({"open", "archived", "private", "published", "approved"}),
    "author": frozenset[str](),
    "involves": frozenset[str](),
    "reviewer": frozenset[str](),
    "mentions": frozenset[str](),
    "turn": frozenset[str](),
    "has": frozenset({"open-threads", "open-comments", "blocking"}),
    "review": frozenset({"needed", "approved", "changes"}),
    "updated": frozenset[str](),
    "sort": frozenset({*SORTS, *(f"{name}-asc" for name in SORTS), "title-desc", RELEVANCE}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query that was read: its conditions, and the order."""

    user: User
    conditions: Sequence[Condition]
    search: Search
    sort: str

    @property
    def few(self) -> bool:
        """Tell whether some condition names few plans."""
        return self.search.few or any(one.few for one in self.conditions)

    @property
    def asks(self) -> bool:
        """Tell whether a walk asks each plan for words, or compares it with those of somebody."""
        return bool(self.search.wanted) or any(one.own is not None for one in self.conditions)

    def ids(self, *columns: Any) -> Select[Any]:
        """Select from the plans that fulfil everything, in no order, for the person `me`."""
        query = Plan.visible_to(self.user).where(and_(*self.clauses()))
        return query.with_only_columns(*columns)

    def clauses(self) -> tuple[ColumnElement[bool], ...]:
        """Return what a plan must fulfil."""
        walks = not self.few and self.sort.startswith("updated")
        return (*(one.form(walks=walks) for one in self.conditions), *self.search.conditions)


def read(user: User, q: str, sort: str) -> Wanted:
    """Return what a query and an order ask for. Raises `Invalid`.

    Without an order the most relevant plans come first if some words are rare, else the newest.
    """
    terms = parse(q, KEYS)
    plain = list(dict.fromkeys(term for term in terms if term.key not in ("", "sort")))
    conditions = [condition(term, user) for term in plain if not is_of_shelf(term)]
    found = search([term for term in terms if not term.key])
    order = _order(terms, sort, found)
    few = found.few or any(one.few for one in conditions)
    if not few:
        told = {"by_activity": order.startswith("updated"), "words": bool(found.wanted)}
        conditions = _settled(conditions, user, **told)
        few = any(one.few for one in conditions)
    return Wanted(user, [*conditions, Condition(shelf(plain, few=few))], found, order)


def _settled(conditions: Sequence[Condition], user: User, **told: bool) -> list[Condition]:
    """Return the cheapest forms; where somebody's own plans are few, nothing else is counted."""
    found: list[Condition] = []
    for one in sorted(conditions, key=lambda one: one.own is None):
        own = any(before.few and before.own is not None for before in found)
        found.append(one if own else one.settled(user.id, **told))
    return found


def _order(terms: Sequence[Term], sort: str, found: Search) -> str:
    """Return the order: as told, else by relevance where few plans have the words."""
    named = [term.value for term in terms if term.key == "sort"]
    order = sort or (named[-1] if named else RELEVANCE)
    if order not in KEYS["sort"]:
        message = f"There is no sort {order}; known are {', '.join(SORTS)}"
        raise Invalid(message, [Finding("unknown_sort", message, field="sort")])
    return "updated" if order == RELEVANCE and not found.rare else order


def direction(sort: str) -> tuple[str, bool]:
    """Return what an order sorts by, and whether the largest come first."""
    name, _, direction = sort.partition("-")
    return name, direction == "desc" or (direction != "asc" and name != "title")
