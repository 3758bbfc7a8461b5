"""The index of words: which passages have one, and where each of some plans has it first.

SQLite has FTS5, whose rows are asked for a range of ids, PostgreSQL the column `words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    intersect,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from planpush.db import among, db
from planpush.models.passage import SHIFT, Passage
from planpush.models.plan import Plan
from planpush.sqlite import quiet

_FTS = table("passage_words", column("rowid", Integer))
_MATCHES: Any = literal_column("passage_words").op("MATCH", is_comparison=True)


def is_sqlite() -> bool:
    """Tell which database this is."""
    return db.engine.dialect.name == "sqlite"


def having(asked: str) -> Select[Any]:
    """Select the ids of passages that have what is asked for."""
    return select(_FTS.c.rowid if is_sqlite() else Passage.id).where(_has(asked))


def having_within(asked: str) -> Select[Any]:
    """Select those of the plans `ids` by reading all: of few passages SQLite does so at once."""
    return having(asked).where(among(_plan(), "ids"))


def plans_having(asked: str) -> Select[Any]:
    """Select the plans of these passages, each as often as it has one."""
    return select(_plan()).where(_has(asked))


def has(words: Any, asked: str) -> Any:
    """Return the condition that PostgreSQL's column `words` has what is asked for."""
    return words.op("@@", is_comparison=True)(_told(asked))


def has_first(asked: str) -> Any:
    """Return the condition that a plan has it, which is asked of each until one passage has."""
    return _first([_told(asked)]).is_not(None)


def gathered(some: Sequence[str]) -> list[Any]:
    """Return conditions that a plan has each of some words, whose plans are looked up first."""
    plans = [plans_having(asked) for asked in some]
    if is_sqlite() or not plans:
        return [Plan.id.in_(one) for one in plans]
    # As an array they are looked up one by one; of a subquery PostgreSQL reads all plans. Of
    # two arrays it would try each pair.
    both = intersect(*plans) if len(plans) > 1 else plans[0]
    return [Plan.id == any_(func.array(both.scalar_subquery()))]


def walked(plans: Select[Any], most: Any, *, few: bool, sqlite: bool) -> Select[Any]:
    """Select, of plans in their order, at most so many that have a word, and its first passage.

    The word is the parameter `word0`, see `asking`. A plan is asked when its turn comes, and once:
    without a limit of its own each part would become one with the next, which asks twice.
    """
    ordered = _apart(plans, sqlite)
    if few and not sqlite:
        # Whatever finds fewest by mistake seems to PostgreSQL to save most of the asking.
        ordered = plans.cte().prefix_with("MATERIALIZED")
    place = _first(_named("word0", sqlite=sqlite), plan=ordered.c.id).label("place")
    asked = _apart(select(ordered.c.id, place), sqlite)
    return select(asked.c.id, asked.c.place).where(asked.c.place.is_not(None)).limit(most)


def _apart(query: Select[Any], sqlite: bool) -> Any:
    """Return a part of a statement that the databases leave as it is."""
    part = query.limit(literal_column("-1")) if sqlite else query.offset(literal_column("0"))
    return part.subquery()


@cache
def first_outside(kind: str, *names: str, sqlite: bool) -> Select[Any]:
    """Select, of the plans `ids`, the first passage with some words that is not of a `kind`.

    It is made once: the words come as parameters with these names. NULL: no passage has them.
    """
    return select(Plan.id, _first(_named(*names, sqlite=sqlite), kind)).where(among(Plan.id, "ids"))


def _plan() -> Any:
    return _FTS.c.rowid.op(">>")(literal_column(str(SHIFT))) if is_sqlite() else Passage.plan_id


def _has(asked: str) -> Any:
    return _MATCHES(_told(asked)) if is_sqlite() else has(Passage.words, asked)


def _told(asked: str) -> Any:
    return _typed(literal(asked, Text if is_sqlite() else TSQUERY))


def _named(*names: str, sqlite: bool) -> list[Any]:
    kind: Any = Text if sqlite else TSQUERY
    return [_typed(bindparam(name, type_=kind)) for name in names]


def _typed(asked: Any) -> Any:
    # Of this type from the start: PostgreSQL would read a text anew for each passage.
    return asked if is_sqlite() else cast(asked, TSQUERY)


def _first(words: Sequence[Any], outside: str = "", plan: Any = Plan.id) -> Any:
    if not is_sqlite():
        # A column that is no column: the index would bring all passages that have it.
        there = func.coalesce(Passage.words, literal_column("''::tsvector"))
        query = select(Passage.id).where(Passage.plan_id == plan)
        query = query.where(there.op("@@", is_comparison=True)(words[0]))
        query = query.where(Passage.kind != outside) if outside else query
        # The title and the document first: of comments there may be many that do not have it.
        return query.order_by(Passage.kind.desc()).limit(1).scalar_subquery()
    first = plan.op("<<")(literal_column(str(SHIFT)))
    last = first.op("+")(literal_column(str((1 << SHIFT) - 1)))
    here = _FTS.c.rowid.between(first, last)
    query = select(_FTS.c.rowid).where(_MATCHES(words[0]), here)
    # For both at once, FTS5 looks on beyond the plan until it has both; not quiet, it would be
    # asked anew for each passage that has the other word.
    for asked in words[1:]:
        too = select(_FTS.c.rowid).where(_MATCHES(asked), here).correlate_except(_FTS)
        query = query.where(quiet(_FTS.c.rowid).in_(too))
    if outside:
        query = query.join(Passage, Passage.id == _FTS.c.rowid).where(Passage.kind != outside)
    return query.limit(1).scalar_subquery()
