"""Search: which plans have words, in their title, their newest document or their comments.

A word that few passages have is looked up at once: its plans are known, and how often it stands in
each. One that many have is asked of each plan while a list is walked in its order, until a page is
full. A plan is found when it has every word, wherever they stand.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    String,
    cast,
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
from planpush.db import db
from planpush.models.passage import SHIFT, Passage
from planpush.models.plan import Plan

FEW = 20_000
"""Passages that are looked up at once."""
MOST = 12  # words
_SOME = 1_000  # plans that are asked one by one at most
_INDEXED = 4  # letters of a word's beginning that SQLite has an index of
_FTS = table("passage_words", column("rowid", Integer))


@dataclass(slots=True)
class Sought:
    """One word, or words in a row. `passages` are those that have it, by plan; None: many do.

    `lazy`: asking one plan for it costs next to nothing.
    """

    told: str
    phrase: bool = False
    passages: dict[int, list[int]] | None = None
    lazy: bool = True

    @property
    def in_plan(self) -> Any:
        """Return the condition that a plan has it."""
        if self.passages is not None:
            return Plan.id.in_(numbers(list(self.passages)))
        if self.lazy:
            return first_in(Plan.id, self).is_not(None)
        ids = select(_FTS.c.rowid.op(">>")(literal_column(str(SHIFT)))).where(has(self))
        return Plan.id.in_(ids)


@dataclass(slots=True)
class Search:
    """What somebody looks for: `wanted` words, `unwanted` ones, and `signs` that are no words."""

    wanted: list[Sought] = field(default_factory=list)
    unwanted: list[Sought] = field(default_factory=list)
    others: list[ColumnElement[bool]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def few(self) -> list[Sought]:
        """Return the words that few passages have; none if others are to be asked of many plans."""
        some = [one for one in self.wanted if one.passages is not None]
        thick = len(some) < len(self.wanted) and min(
            (len(one.passages or ()) for one in some), default=0
        ) > _SOME  # fmt: skip
        return [] if thick else some

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a plan must fulfil, but for the words that few passages have."""
        few = self.few
        rest = [one for one in self.wanted if one not in few]
        rest.sort(key=lambda one: one.passages is None)
        return [
            *self.others,
            *(one.in_plan for one in rest),
            *(~one.in_plan for one in self.unwanted),
        ]

    @property
    def plans(self) -> Counter[int] | None:
        """Return the plans that have all words that few have, and how often; None: no such word."""
        if not self.few:
            return None
        both = set[int].intersection(*(set(one.passages or ()) for one in self.few))
        return Counter({
            plan_id: sum(len((one.passages or {})[plan_id]) for one in self.few) for plan_id in both
        })  # fmt: skip


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
    """Return the condition that a word of the title begins with a letter: a page of text always
    has one that does."""
    return Plan.title_key.startswith(letter) | Plan.title_key.contains(f" {letter}")


def sought(term: Term) -> Sought:
    """Look a word up. One that very many have just so is not taken for a beginning, too."""
    told, phrase = term.value, term.phrase
    if _is_sqlite() and not phrase and len(words(told)[-1]) > _INDEXED:
        whole = _looked_up(Sought(told, phrase=True))
        if whole.passages is None:
            return whole
        found = _looked_up(Sought(told))
        found.lazy = found.passages is not None
        return found
    return _looked_up(Sought(told, phrase))


def _looked_up(one: Sought) -> Sought:
    if not _is_sqlite() and _estimated(one) > FEW:
        return one
    ids = _FTS.c.rowid if _is_sqlite() else Passage.id
    query = select(ids).where(has(one)).limit(FEW + 1)
    if (db.session.scalar(select(func.count()).select_from(query.subquery())) or 0) > FEW:
        return one
    one.passages = defaultdict(list)
    for passage_id in db.session.scalars(query):
        one.passages[passage_id >> SHIFT].append(passage_id)
    return one


def has(*some: Sought) -> ColumnElement[bool]:
    """Return the condition that a row of the index has all of some words."""
    if _is_sqlite():
        asked = " AND ".join(match(one.told, phrase=one.phrase) for one in some)
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
    query = select(_FTS.c.rowid).where(has(*some), _FTS.c.rowid.between(first, last))
    if outside:
        query = query.join(Passage, Passage.id == _FTS.c.rowid).where(Passage.kind != outside)
    return query.limit(1).scalar_subquery()


def numbers(ids: Collection[int]) -> Any:
    """Return numbers, however many, as a subquery with one parameter."""
    if _is_sqlite():
        each = func.json_each(json.dumps(list(ids))).table_valued("value")
        return select(each.c.value)
    return select(func.unnest(cast(list(ids), ARRAY(Integer))))


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
