"""Words that are looked for, each looked up as far as that is cheap, and how a plan is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    tablesample,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import TSQUERY

from planpush.content.query import Term
from planpush.content.searching import match, tsquery, words
from planpush.db import among, db, numbers
from planpush.models.passage import SHIFT, Passage
from planpush.models.plan import Plan
from planpush.sqlite import quiet

RARE, FEW = 2_000, 20_000
"""Passages: so many are looked up at once; so many are sorted, whatever the order."""
_INDEXED = 4  # letters of a word's beginning that SQLite has an index of
_VARIANTS = 12  # words with a longer beginning that are asked for one by one
_SAMPLED = 1_000  # one page of so many is looked at
_FTS = table("passage_words", column("rowid", Integer))
_MATCHES: Any = literal_column("passage_words").op("MATCH", is_comparison=True)
# Each word is there as often as it stands somewhere: the next one is asked for, none is walked.
_BEGINNING = text("""
WITH RECURSIVE some(term) AS (
  SELECT (SELECT term FROM passage_words_terms WHERE term >= :word AND term < :after LIMIT 1)
  UNION ALL
  SELECT (SELECT term FROM passage_words_terms
          WHERE term >= some.term || char(1) AND term < :after LIMIT 1)
  FROM some WHERE some.term IS NOT NULL
)
SELECT term FROM some WHERE term IS NOT NULL LIMIT :most""")


@dataclass(slots=True)
class Sought:
    """One word, or words in a row; `variants` are the words that begin with it, if it was told.

    `passages` are those that have it, by plan, if it is rare. If it is not, `few` tells whether
    not very many have it, and `lazy` whether asking one plan for it costs next to nothing.
    """

    told: str
    phrase: bool = False
    variants: tuple[str, ...] = ()
    passages: dict[int, list[int]] | None = None
    few: bool = True
    lazy: bool = True

    @property
    def effort(self) -> int:
        """Return how much asking one plan for it costs SQLite; most for a short beginning."""
        return 0 if self.few or not self.lazy else 1 if self.phrase or self.variants else 2

    @property
    def in_plan(self) -> Any:
        """Return the condition that a plan has it."""
        if self.lazy and not self.few:
            return first_in(self).is_not(None)
        if self.passages is None and not is_sqlite():
            # As an array they are looked up one by one; of a subquery PostgreSQL reads all plans.
            return Plan.id == any_(func.array(self._plans.scalar_subquery()))
        return Plan.id.in_(self._plans)

    @property
    def not_in_plan(self) -> Any:
        """Return the condition that a plan has it not. Most may lack it, so none is asked."""
        return Plan.id.not_in(self._plans)

    @property
    def asked(self) -> str:
        """Return what FTS5 is asked."""
        if self.variants:
            return " OR ".join(match(one, phrase=True) for one in self.variants)
        return match(self.told, phrase=self.phrase)

    @property
    def _plans(self) -> Any:
        if self.passages is not None:
            return numbers(list(self.passages))
        if is_sqlite():
            return select(_FTS.c.rowid.op(">>")(literal_column(str(SHIFT)))).where(has(self))
        return select(Passage.plan_id).where(has(self))


def sought(term: Term) -> Sought:
    """Look a word up. One that very many have just so is not taken for a beginning, too.

    SQLite would gather all words with a long beginning anew for each plan that is asked.
    """
    one = Sought(term.value, term.phrase)
    parts = words(one.told)
    if not is_sqlite() or one.phrase or len(parts[-1]) <= _INDEXED:
        return _looked_up(one)
    if len(parts) == 1 and parts[0].isascii():
        found = _beginning(parts[0])
        if len(found) <= _VARIANTS:
            return _looked_up(replace(one, variants=found)) if found else replace(one, passages={})
    whole = _looked_up(replace(one, phrase=True))
    return whole if not whole.few else replace(_looked_up(one), lazy=False)


def _beginning(word: str) -> tuple[str, ...]:
    """Return the words of the index with a beginning, at most one more than are asked for."""
    told = {"word": word, "after": word[:-1] + chr(ord(word[-1]) + 1), "most": _VARIANTS + 1}
    return tuple(db.session.scalars(_BEGINNING, told))


def _looked_up(one: Sought) -> Sought:
    """Look up who has a word if few have. What PostgreSQL expects is not counted, unless few."""
    expected = _expected(one)
    count = _counted(one) if expected is None else expected
    if count <= (RARE if expected is None else 2 * RARE):
        ids = _FTS.c.rowid if is_sqlite() else Passage.id
        some = db.session.scalars(select(ids).where(has(one)).limit(RARE + 1)).all()
        if len(some) <= RARE:
            found: dict[int, list[int]] = defaultdict(list)
            for passage_id in some:
                found[passage_id >> SHIFT].append(passage_id)
            return replace(one, passages=found)
        count = _counted(one)
    return replace(one, few=count <= FEW)


def _counted(one: Sought) -> int:
    """Return how many passages have a word, at most one more than are few."""
    ids = _FTS.c.rowid if is_sqlite() else Passage.id
    some = select(ids).where(has(one)).limit(FEW + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def has(one: Sought) -> ColumnElement[bool]:
    """Return the condition that a row of the index has a word."""
    (asked,) = _literal(one)
    return _MATCHES(asked) if is_sqlite() else Passage.words.op("@@", is_comparison=True)(asked)


def first_in(one: Sought) -> Any:
    """Return a plan's first passage that has a word, as a subquery; NULL: none has."""
    return _first(_literal(one))


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


def asking(*some: Sought) -> dict[str, str]:
    """Return what the index is asked for some words; PostgreSQL is asked for all of them in one."""
    if is_sqlite():
        return {f"word{number}": one.asked for number, one in enumerate(some)}
    return {"word0": " & ".join(f"({tsquery(one.told, phrase=one.phrase)})" for one in some)}


def _literal(one: Sought) -> list[Any]:
    kind: Any = Text if is_sqlite() else TSQUERY
    return [_typed(literal(asked, kind)) for asked in asking(one).values()]


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
        too = select(_FTS.c.rowid).where(_MATCHES(asked), here).correlate(Plan)
        query = query.where(quiet(_FTS.c.rowid).in_(too))
    if outside:
        query = query.join(Passage, Passage.id == _FTS.c.rowid).where(Passage.kind != outside)
    return query.limit(1).scalar_subquery()


def _expected(one: Sought) -> int | None:
    """Return how many passages should have a word, as far as that is known without counting.

    PostgreSQL expects some thousandth of them for a word that it has never seen, and has no idea of
    words in a row: what seems to be many is not believed before some passages were looked at.
    """
    if is_sqlite():
        return None
    if len(words(one.told)) > 1:
        seen = _sampled(one)
        return seen if seen > FEW else None
    explained = text(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM passages WHERE words @@ CAST(:told AS tsquery)"
    )
    plan = db.session.scalar(explained, {"told": tsquery(one.told, phrase=one.phrase)})
    expected = int(plan[0]["Plan"]["Plan Rows"])
    return expected if expected <= 2 * RARE else min(expected, _sampled(one))


def _sampled(one: Sought) -> int:
    """Return how many passages would have a word if all were like some that PostgreSQL chooses."""
    some = tablesample(Passage, func.system(100 / _SAMPLED), seed=literal(1))
    query = select(func.count()).select_from(some)
    query = query.where(some.c.words.op("@@", is_comparison=True)(_literal(one)[0]))
    return _SAMPLED * (db.session.scalar(query) or 0)


def is_sqlite() -> bool:
    """Tell which database this is."""
    return db.engine.dialect.name == "sqlite"
