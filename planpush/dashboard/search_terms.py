"""Looks up search terms, the cheapest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, literal, select, tablesample, text

from planpush.dashboard.query import Term
from planpush.dashboard.search_index import (
    SHIFT,
    Passage,
    has,
    has_first,
    having,
    is_sqlite,
    plans_having,
)
from planpush.database.cached_count import remember, remembered
from planpush.database.session import db, numbers, rows
from planpush.document.search_terms import match, tsquery, words
from planpush.plans.plan import Plan

RARE, FEW = 2_000, 10_000
"""Passages: so many are looked up at once; of so many the plans are sorted, whatever the order."""
_INDEXED = 4  # letters of a word's beginning that SQLite has an index of
_VARIANTS = 12  # words with a longer beginning that are asked for one by one
_SAMPLED = 1_000  # one page of so many is looked at
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
    def gathered(self) -> bool:
        """Tell whether its plans are all looked up when a list is made."""
        return self.passages is None and (self.few or not self.lazy)

    @property
    def in_plan(self) -> Any:
        """Return the condition that a plan has it, if its plans are not gathered."""
        return Plan.id.in_(self._plans) if self.passages is not None else has_first(self.asked)

    @property
    def not_in_plan(self) -> Any:
        """Return the condition that a plan has it not. Most may lack it, so none is asked."""
        return Plan.id.not_in(self._plans)

    @property
    def asked(self) -> str:
        """Return what the index is asked."""
        if not is_sqlite():
            return tsquery(self.told, phrase=self.phrase)
        if self.variants:
            return " OR ".join(match(one, phrase=True) for one in self.variants)
        return match(self.told, phrase=self.phrase)

    @property
    def _plans(self) -> Any:
        if self.passages is not None:
            return numbers(list(self.passages))
        return plans_having(self.asked)


def sought(term: Term, *, alone: bool = True) -> Sought:
    """Look a word up. If it is not `alone`, fewer plans have all, so more are worth sorting.

    One that very many have just so is not taken for a beginning, too: SQLite would gather all
    words with a long beginning anew for each plan that is asked.
    """
    one, few = Sought(term.value, term.phrase), FEW if alone else 2 * FEW
    parts = words(one.told)
    if not is_sqlite() or one.phrase or len(parts[-1]) <= _INDEXED:
        return _looked_up(one, few)
    if len(parts) == 1 and parts[0].isascii():
        found = _beginning(parts[0])
        if not found:
            return replace(one, passages={})
        if len(found) <= _VARIANTS:
            return _looked_up(replace(one, variants=found), few)
    whole = _looked_up(replace(one, phrase=True), few)
    return whole if not whole.few else replace(_looked_up(one, few), lazy=False)


def _beginning(word: str) -> tuple[str, ...]:
    """Return the words of the index with a beginning, at most one more than are asked for."""
    told = {"word": word, "after": word[:-1] + chr(ord(word[-1]) + 1), "most": _VARIANTS + 1}
    return tuple(db.session.scalars(_BEGINNING, told))


def _looked_up(one: Sought, few: int) -> Sought:
    """Look up who has a word if few have. What PostgreSQL expects is not counted, unless few.

    To count many takes as long as to find a page of them: if that changed, it is only slower.
    """
    what = few, one.told, one.phrase, bool(one.variants)
    if (known := remembered(what)) is not None:
        return replace(one, few=known)
    expected = _expected(one, few)
    count = _counted(one, few) if expected is None else expected
    if count <= (RARE if expected is None else 2 * RARE):
        some = rows(having(one.asked).limit(RARE + 1)).scalars().all()
        if len(some) <= RARE:
            return replace(one, passages=by_plan(some))
        count = _counted(one, few)
    return replace(one, few=remember(what, few=count <= few))


def by_plan(passages: Iterable[int]) -> dict[int, list[int]]:
    """Return ids of passages by their plan."""
    found: dict[int, list[int]] = defaultdict(list)
    for passage_id in passages:
        found[passage_id >> SHIFT].append(passage_id)
    return found


def _counted(one: Sought, few: int) -> int:
    """Return how many passages have a word, at most one more than are few."""
    some = having(one.asked).limit(few + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def asking(*some: Sought) -> dict[str, str]:
    """Return what the index is asked for some words; PostgreSQL is asked for all of them in one."""
    if is_sqlite():
        return {f"word{number}": one.asked for number, one in enumerate(some)}
    return {"word0": " & ".join(f"({one.asked})" for one in some)}


def _expected(one: Sought, few: int) -> int | None:
    """Return how many passages should have a word, as far as that is known without counting.

    PostgreSQL expects some thousandth of them for a word that it has never seen, and has no idea of
    words in a row: what seems to be many is not believed before some passages were looked at.
    """
    if is_sqlite():
        return None
    if len(words(one.told)) > 1:
        seen = _sampled(one)
        return seen if seen > few else None
    explained = text(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM passages WHERE words @@ CAST(:told AS tsquery)"
    )
    plan = db.session.scalar(explained, {"told": one.asked})
    expected = int(plan[0]["Plan"]["Plan Rows"])
    return expected if expected <= 2 * RARE else min(expected, _sampled(one))


def _sampled(one: Sought) -> int:
    """Return how many passages would have a word if all were like some that PostgreSQL chooses."""
    some = tablesample(Passage, func.system(100 / _SAMPLED), seed=literal(1))
    query = select(func.count()).select_from(some)
    query = query.where(has(some.c.words, one.asked))
    return _SAMPLED * (db.session.scalar(query) or 0)
