"""Search: which plans have words, in their title, their newest document or their comments.

A word that few passages have is looked up at once: its plans are known, and how often it stands in
each. One that many have is asked of each plan while a list is walked in its order, until a page is
full. A plan is found when it has every word, wherever they stand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)

from planpush.content.problem import Finding, Invalid
from planpush.content.query import Term
from planpush.content.searching import match, tsquery, words
from planpush.db import db, numbers
from planpush.models.passage import SHIFT, Passage
from planpush.models.plan import Plan

RARE, FEW = 2_000, 20_000
"""Passages: so many are looked up at once; so many are sorted, whatever the order."""
MOST = 12  # words
_SOME = 1_000  # plans that are asked one by one at most
_INDEXED = 4  # letters of a word's beginning that SQLite has an index of
_EFFORT = 2  # for more, the plans that have each word are gathered first
_VARIANTS = 12  # words with a longer beginning that are asked for one by one
_FTS = table("passage_words", column("rowid", Integer))
_TERMS = table("passage_words_terms", column("term", String))


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
            return first_in(Plan.id, self).is_not(None)
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
        if _is_sqlite():
            return select(_FTS.c.rowid.op(">>")(literal_column(str(SHIFT)))).where(has(self))
        return select(Passage.plan_id).where(has(self))


@dataclass(slots=True)
class Search:
    """What somebody looks for: `wanted` words, `unwanted` ones, and `others` that are no words."""

    wanted: list[Sought] = field(default_factory=list)
    unwanted: list[Sought] = field(default_factory=list)
    others: list[ColumnElement[bool]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def rare(self) -> list[Sought]:
        """Return the words that few passages have, if they leave few plans to ask for the rest."""
        some = [one for one in self.wanted if one.passages is not None]
        fewest = min((len(one.passages or ()) for one in some), default=0)
        asks = any(not one.few for one in self.wanted)
        return [] if asks and fewest > _SOME else some

    @property
    def few(self) -> bool:
        """Tell whether the words leave few plans: these are sorted, instead of an index walked."""
        return bool(self.rare) or bool(self.wanted and all(one.few for one in self.wanted))

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a plan must fulfil; what is cheapest to ask comes first."""
        rare = self.rare
        rest = sorted((one for one in self.wanted if one not in rare), key=lambda one: not one.few)
        # So few plans may have all of several words that nearly every plan would be asked.
        if _is_sqlite() and sum(one.effort for one in rest) > _EFFORT:
            rest = [replace(one, lazy=False) for one in rest]
        known = [Plan.id.in_(numbers(list(self.plans)))] if rare else []
        wanted = [one.in_plan for one in rest]
        return [*known, *self.others, *wanted, *(one.not_in_plan for one in self.unwanted)]

    @property
    def plans(self) -> Counter[int]:
        """Return the plans that have all rare words, and how often."""
        held = [one.passages or {} for one in self.rare]
        both = set(held[0]).intersection(*held) if held else ()
        return Counter({plan_id: sum(len(one[plan_id]) for one in held) for plan_id in both})


def search(terms: Sequence[Term]) -> Search:
    """Return what the words of a query look for, looked up as far as that is cheap.

    Raises `Invalid` for very many words.
    """
    if len(terms) > MOST:
        message = f"Look for {MOST} words at most, or put them in quotes."
        raise Invalid(message, [Finding("too_many_words", message, field="q")])
    found = Search()
    for term in terms:
        parts = words(term.value)
        if not parts:
            condition = Plan.title.icontains(term.value, autoescape=True)
            found.others.append(~condition if term.negated else condition)
        elif len(parts) == 1 and len(parts[0]) == 1 and parts[0].isascii() and not term.phrase:
            condition = _begins(parts[0])
            found.others.append(~condition if term.negated else condition)
        else:
            (found.unwanted if term.negated else found.wanted).append(sought(term))
        if not term.negated:
            found.told.append(term.value)
    return found


def _begins(letter: str) -> ColumnElement[bool]:
    """Return the condition that a word of the title begins with a letter: any text has one."""
    return Plan.title_key.startswith(letter) | Plan.title_key.contains(f" {letter}")


def sought(term: Term) -> Sought:
    """Look a word up. One that very many have just so is not taken for a beginning, too.

    SQLite would gather all words with a long beginning anew for each plan that is asked.
    """
    one = Sought(term.value, term.phrase)
    parts = words(one.told)
    if not _is_sqlite() or one.phrase or len(parts[-1]) <= _INDEXED:
        return _looked_up(one)
    if len(parts) == 1 and parts[0].isascii():
        found = _beginning(parts[0])
        if len(found) <= _VARIANTS:
            return _looked_up(replace(one, variants=found)) if found else replace(one, passages={})
    whole = _looked_up(replace(one, phrase=True))
    return whole if not whole.few else replace(_looked_up(one), lazy=False)


def _beginning(word: str) -> tuple[str, ...]:
    """Return the words of the index with a beginning, at most one more than are asked for."""
    after = word[:-1] + chr(ord(word[-1]) + 1)
    query = select(_TERMS.c.term).where(_TERMS.c.term >= word, _TERMS.c.term < after)
    return tuple(db.session.scalars(query.limit(_VARIANTS + 1)))


def _looked_up(one: Sought) -> Sought:
    if not _is_sqlite() and _estimated(one) > FEW:
        return replace(one, few=False)
    ids = _FTS.c.rowid if _is_sqlite() else Passage.id
    query = select(ids).where(has(one)).limit(FEW + 1)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if count > RARE:
        return replace(one, few=count <= FEW)
    found: dict[int, list[int]] = defaultdict(list)
    for passage_id in db.session.scalars(query):
        found[passage_id >> SHIFT].append(passage_id)
    return replace(one, passages=found)


def has(*some: Sought) -> ColumnElement[bool]:
    """Return the condition that a row of the index has all of some words."""
    if _is_sqlite():
        asked = " AND ".join(f"({one.asked})" for one in some)
        return literal_column("passage_words").op("MATCH", is_comparison=True)(asked)
    return Passage.words.op("@@", is_comparison=True)(_asked(some))


def first_in(plan_id: Any, *some: Sought, outside: str = "") -> Any:
    """Return a plan's first passage that has all of some words, as a subquery; NULL: none has.

    `outside`: a kind of passage that does not count.
    """
    if not _is_sqlite():
        # A column that is no column: the index would bring all passages that have it.
        there = Passage.words.op("||")(literal_column("''::tsvector"))
        query = select(Passage.id).where(Passage.plan_id == plan_id)
        query = query.where(there.op("@@", is_comparison=True)(_asked(some)))
        query = query.where(Passage.kind != outside) if outside else query
        return query.limit(1).scalar_subquery()
    first = plan_id.op("<<")(literal_column(str(SHIFT)))
    last = first.op("+")(literal_column(str((1 << SHIFT) - 1)))
    here = _FTS.c.rowid.between(first, last)
    query = select(_FTS.c.rowid).where(has(some[0]), here)
    for one in some[1:]:  # asked for both at once, FTS5 looks on beyond the plan until it has both
        too = select(_FTS.c.rowid).where(has(one), here)
        query = query.where(_FTS.c.rowid.in_(too.correlate(Plan)))
    if outside:
        query = query.join(Passage, Passage.id == _FTS.c.rowid).where(Passage.kind != outside)
    return query.limit(1).scalar_subquery()


def _estimated(one: Sought) -> int:
    """Return how many passages PostgreSQL expects to have a word, which counts none of them."""
    query = text(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM passages WHERE words @@ CAST(:told AS tsquery)"
    )
    plan = db.session.scalar(query, {"told": tsquery(one.told, phrase=one.phrase)})
    return int(plan[0]["Plan"]["Plan Rows"])


def _asked(some: Sequence[Sought]) -> Any:
    asked = " & ".join(f"({tsquery(one.told, phrase=one.phrase)})" for one in some)
    return literal(asked, String).op("::")(literal_column("tsquery"))


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
