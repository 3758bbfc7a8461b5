"""The list of plans that a person may see, a page at a time.

The ids of a page come from one statement and its rows from another. Where a condition names few
plans, these are looked at and sorted; else an index in the order of the list is walked until the
page is full. SQLite does not know which is better, so it is told: see `quiet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, literal, select, tuple_

from planpush.accounts.user import User
from planpush.dashboard.list_query import RELEVANCE, SORTS, Wanted, direction, read
from planpush.dashboard.search import Search
from planpush.dashboard.search_index import is_sqlite, walked
from planpush.dashboard.search_terms import asking
from planpush.database.paging import behind, place_of
from planpush.database.session import among, rows
from planpush.database.sqlite import quiet
from planpush.plans.plan import Plan
from planpush.plans.visits import Visit

PAGE = 50
LAST_PAGE = 20
# Pages beyond this one that are counted, and one plan more: so two are linked. What is sorted is
# all read anyway.
_AHEAD, _AHEAD_OF_FEW = 1, 3

Places = dict[int, int | None]
"""Plans in their order, each with a passage that has a word looked for, if one is known."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of plans, and what was asked for. There are `total`, or more if that is not `exact`.

    `asked_sort` is the order that was told beside the query, `sort` the one that is shown.
    `after` is where a page without a number begins, `next_after` where the one after it does.
    `places` are passages with a word looked for, as far as the list came by them.
    """

    plans: Sequence[Any] = ()
    total: int = 0
    exact: bool = True
    page: int = 1
    q: str = ""
    sort: str = "updated"
    asked_sort: str = ""
    after: str = ""
    next_after: str = ""
    search: Search = field(default_factory=Search)
    places: Places = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Return the number of the first plan on this page, 1-based."""
        return (self.page - 1) * PAGE + 1 if self.plans else 0

    @property
    def last(self) -> int:
        """Return the number of the last plan on this page."""
        return (self.page - 1) * PAGE + len(self.plans)

    @property
    def counted(self) -> str:
        """Return how many plans there are, in digits: many are not counted to the end."""
        return f"{self.total:,}" if self.exact else f"{self.total - 1:,}+"

    @property
    def near(self) -> list[int]:
        """Return the numbers of the first page, the last, and those around this; 0 for a gap."""
        shown = sorted({1, self.pages, *range(self.page - 2, self.page + 3)})
        shown = [one for one in shown if 1 <= one <= self.pages]
        pairs = zip([0, *shown], shown, strict=False)
        return [
            one for before, page in pairs for one in ([0] if page - before > 1 else []) + [page]
        ]

    @property
    def pages(self) -> int:
        """Return how many pages can be reached by number."""
        return min(LAST_PAGE, max(1, -(-self.total // PAGE)))


def list_plans(
    user: User, *, q: str = "", sort: str = "", page: int = 1, after: str = ""
) -> Listing:
    """Return a page of what `user` may see. Raises `Invalid` for a query it cannot read."""
    wanted = read(user, q, sort)
    if after and wanted.sort == RELEVANCE:  # when the page before was made, it was not
        wanted = replace(wanted, sort="updated")
    page = 1 if after else min(max(page, 1), LAST_PAGE)
    found, most = _found(wanted, page, after)
    shown = list(found)[(page - 1) * PAGE :][:PAGE]
    plans = _plans(user, shown)
    more = len(found) > (page - 1) * PAGE + len(shown)
    return Listing(
        plans,
        total=len(found),
        exact=len(found) <= most and not after,
        page=page,
        q=q,
        sort=wanted.sort,
        asked_sort=sort,
        after=after,
        next_after=_behind(plans[-1], wanted.sort) if more and plans else "",
        search=wanted.search,
        places=found,
    )


def _found(wanted: Wanted, page: int, after: str) -> tuple[Places, int]:
    """Return plans in order, from the first page on, and how many were wanted: one more is more."""
    if wanted.sort == RELEVANCE:
        most = LAST_PAGE * PAGE
        return dict.fromkeys(_ranked(wanted)[: most + 1]), most
    # To ask each plan for something costs more than to walk on: so no further pages are counted.
    asks = after or (wanted.asks and not wanted.few)
    ahead = _AHEAD_OF_FEW if wanted.few else _AHEAD
    most = (page if asks else min(page + ahead, LAST_PAGE)) * PAGE
    return _sorted(wanted, after, most + 1), most


def list_on(user: User, *, q: str = "", cursor: str = "") -> Listing:
    """Return plans that `user` may see after those that `cursor` tells of, to be read to the end.

    Raises `Invalid` for a query that it cannot read, and `Malformed` for a cursor.
    """
    wanted = read(user, q, "")
    wanted = replace(wanted, sort="updated") if wanted.sort == RELEVANCE else wanted
    plans = _plans(user, list(_sorted(wanted, cursor, PAGE + 1)))
    after = _behind(plans[PAGE - 1], wanted.sort) if len(plans) > PAGE else ""
    return Listing(plans[:PAGE], q=q, sort=wanted.sort, after=cursor, next_after=after)


def _ranked(wanted: Wanted) -> list[int]:
    """Return plans with the words in their title first, then where they stand most often."""
    often = wanted.search.plans
    titled = and_(
        *(Plan.title_key.contains(one.lower(), autoescape=True) for one in wanted.search.told)
    )
    query = wanted.ids(Plan.id, titled, Plan.active_at)
    found: Any = rows(query, {"me": wanted.user.id}).all()
    ranked = sorted(found, key=lambda row: (bool(row[1]), often[row[0]], row[2], row[0]))
    return [row[0] for row in reversed(ranked)]


def _sorted(wanted: Wanted, after: str, most: int) -> Places:
    query = _ordered(wanted, after)
    asked = {"me": wanted.user.id}
    if (word := wanted.search.walked) is None:
        return dict.fromkeys(rows(query.limit(most), asked).scalars())
    query = walked(query, most, few=wanted.few, sqlite=is_sqlite())
    return {row.id: row.place for row in rows(query, asked | asking(word))}


def _ordered(wanted: Wanted, after: str) -> Select[Any]:
    """Select the plans that are wanted, in order, behind a place if one is told."""
    name, descending = direction(wanted.sort)
    columns = [quiet(SORTS[name]) if wanted.few else SORTS[name], Plan.id]
    query = wanted.ids(Plan.id)
    if after:
        value, plan_id = place_of(after, SORTS[name].key)
        place = tuple_(literal(value, SORTS[name].type), literal(plan_id, Integer))
        here = tuple_(*columns)
        query = query.where(here < place if descending else here > place)
    return query.order_by(*(one.desc() if descending else one.asc() for one in columns))


def _plans(user: User, ids: Sequence[int]) -> list[Any]:
    """Return what a list shows of plans, in the order of their ids."""
    asked = {"me": user.id, "ids": list(ids)}
    found = {row.id: row for row in rows(_row(), asked).all()} if ids else {}
    return [found[plan_id] for plan_id in ids if plan_id in found]


@cache
def _row() -> Any:
    return (
        select(
            Plan.id, Plan.slug, Plan.title, Plan.title_key, Plan.visibility, Plan.archived,
            Plan.verdict, Plan.newest, Plan.open_threads, Plan.resolved_threads,
            Plan.comment_count, Plan.active_at, Plan.created_at, Plan.owner_id,
            User.name.label("owner"), User.email, Visit.at.label("visited_at"),
            Visit.version.label("seen_version"),
        )
        .join(User, User.id == Plan.owner_id)
        .outerjoin(Visit, (Visit.plan_id == Plan.id) & (Visit.user_id == bindparam("me")))
        .where(among(Plan.id, "ids"))
    )  # fmt: skip


def _behind(row: Any, sort: str) -> str:
    """Return the place behind a row, as an address holds it; by relevance there is none."""
    return "" if sort == RELEVANCE else behind(row, SORTS[direction(sort)[0]].key)
