"""What `bench.dashboard` asks for: every filter, sort, search and kind of page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from urllib.parse import urlencode

import sqlalchemy as sa

from bench.dashboard_stage import Stage
from planpush.database.paging import behind
from planpush.database.session import now
from planpush.filling.words import (
    COMMON,
    COMMON_TOO,
    LONG_PREFIX,
    NOWHERE,
    PHRASE,
    RARE,
    Vocabulary,
)  # fmt: skip
from planpush.plans.plan import Plan

FILTERS = (
    "", "is:open", "is:archived", "is:private", "is:published", "is:approved", "author:me",
    "author:person-5@example.com", "involves:me", "mentions:me", "turn:me", "reviewer:me",
    "has:open-threads", "has:blocking", "review:needed", "review:approved", "review:changes",
    "-is:private", "-author:me", "is:published has:open-threads turn:me",
)  # fmt: skip
SORTS = ("updated", "created", "comments", "title", "version")
_OFTEN = Vocabulary(Random(1)).words
SEARCHES = {
    "rare word": RARE,
    "word in every plan": COMMON,
    "word in some": _OFTEN[300],
    "two words in some": f"{_OFTEN[300]} {_OFTEN[301]}",
    "word in many": _OFTEN[0],
    "prefix of 1 letter": COMMON[0],
    "prefix of 2 letters": COMMON[:2],
    "prefix of 3 letters": COMMON[:3],
    "prefix of 6 letters": COMMON[:6],
    "long prefix": LONG_PREFIX,
    "phrase": f'"{PHRASE}"',
    "two words in every plan": f"{COMMON} {COMMON_TOO}",
    "phrase in every plan": f'"of this {COMMON_TOO}"',
    "rare and common word": f"{RARE} {COMMON}",
    "word that is nowhere": NOWHERE,
    "every plan's word, mine": f"{COMMON} author:me",
    "every plan's word, by title": f"{COMMON} sort:title",
    "every plan's word, not it": f"{COMMON_TOO} -{COMMON}",
}


EVERYWHERE = {
    "word in every plan", "long prefix", "phrase in every plan", "two words in every plan",
    *(f"prefix of {n} {'letter' if n == 1 else 'letters'}" for n in (1, 2, 3, 6)),
    "every plan's word, mine", "every plan's word, by title", "word in every plan, page 5",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A page to ask for. `path` says where on a stage."""

    group: str
    name: str
    path: Callable[[Stage], str]
    page: bool = False  # the whole page, not the list alone

    @property
    def everywhere(self) -> bool:
        """Tell whether it looks for what every plan has."""
        return self.name in EVERYWHERE


def cases() -> Iterator[Case]:
    """Yield every case."""
    yield Case("page", "whole page, all", _to(q=""), page=True)
    yield Case("page", "whole page, mine", _to(q="involves:me"), page=True)
    for q in FILTERS:
        yield Case("filter", q or "all", _to(q=q))
    since = (now() - timedelta(days=30)).date().isoformat()
    for sign in "><":
        yield Case("filter", f"updated:{sign}30 days ago", _to(q=f"updated:{sign}{since}"))
    for sort in SORTS:
        for way in ("", "-asc"):
            yield Case("sort", f"{sort}{way}", _to(q="", sort=f"{sort}{way}"))
    for sort in ("title", "comments", "updated-asc"):
        yield Case("sort", f"mine by {sort}", _to(q="involves:me", sort=sort))
    for name, q in SEARCHES.items():
        yield Case("search", name, _to(q=q))
    yield Case("search", "word in every plan, page 5", _numbered(5, COMMON))
    for number in (10, 20):
        yield Case("pages", f"page {number}", _numbered(number, ""))
    for name, share in (("in the middle", 0.5), ("the last", 1.0)):
        yield Case("pages", f"after=, {name}", _behind(share))


def _to(**told: str) -> Callable[[Stage], str]:
    return lambda _stage: f"/dashboard/plans?{urlencode(told)}"


def _numbered(number: int, q: str) -> Callable[[Stage], str]:
    """Return where a page by number is; the last full one where there are not so many plans."""

    def path(stage: Stage) -> str:
        full = int(stage.sizes.plans * 0.6) // 50
        told = {"q": q, "page": min(number, max(full, 1))}
        return f"/dashboard/plans?{urlencode(told)}"

    return path


def _behind(share: float) -> Callable[[Stage], str]:
    """Return where the page behind a `share` of all plans is; the last one is full, too."""

    def path(stage: Stage) -> str:
        query = sa.select(Plan.id, Plan.active_at).where(~Plan.archived)
        with stage.session() as session:
            shown = session.scalar(sa.select(sa.func.count()).where(~Plan.archived))
            place = max(min(int(shown * share), int(shown) - 101), 0)
            row = session.execute(
                query.order_by(Plan.active_at.desc(), Plan.id.desc()).offset(place).limit(1)
            ).one()
            after = behind(row, "active_at")
        return f"/dashboard/plans?{urlencode({'q': '', 'after': after})}"

    return path
