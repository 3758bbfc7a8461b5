"""Which plans match a search.

A word that few passages have is looked up at once: its plans are known, and how often it stands in
each. One that many have is asked of each plan while a list is walked in its order, until a page is
full. A plan is found when it has every word, wherever they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, func, select

from planpush.dashboard.query import Term
from planpush.dashboard.search_index import gathered, is_sqlite
from planpush.dashboard.search_terms import FEW, Sought, sought
from planpush.database.session import db, numbers
from planpush.document.search_terms import words
from planpush.errors import Finding, Invalid
from planpush.plans.plan import Plan

MOST = 12  # words
_ASKED = 64  # plans of all, to see whether words stand together
_SOME = 1_000  # plans that are asked one by one at most
_EFFORT = 2  # for more, the plans that have each word are gathered first


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
    def walked(self) -> Sought | None:
        """Return a word that plans are asked for in their order, none of the `conditions`.

        Where it stands in each is then known at once.
        """
        asked = [] if self.rare else self._asked
        return next((one for one in asked if one.lazy and not one.few), None)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a plan must fulfil; what is cheapest to ask comes first."""
        walked, asked = self.walked, self._asked
        known = [Plan.id.in_(numbers(list(self.plans)))] if self.rare else []
        some = gathered([one.asked for one in asked if one.gathered])
        wanted = [one.in_plan for one in asked if not one.gathered and one != walked]
        unwanted = [one.not_in_plan for one in self.unwanted]
        return [*known, *self.others, *some, *wanted, *unwanted]

    @property
    def _asked(self) -> list[Sought]:
        """Return the words that are not rare, or are too many plans'."""
        rare = self.rare
        rest = sorted((one for one in self.wanted if one not in rare), key=lambda one: not one.few)
        # So few plans may have all of several words that nearly every plan would be asked.
        if is_sqlite() and sum(one.effort for one in rest) > _EFFORT:
            rest = [replace(one, lazy=False) for one in rest]
        return rest

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
            kept = found.unwanted if term.negated else found.wanted
            kept.append(sought(term, alone=len(terms) == 1))
        if not term.negated:
            found.told.append(term.value)
    if not _meet(found.wanted):
        found.wanted = [replace(one, lazy=False) for one in found.wanted]
    return found


def _meet(some: Sequence[Sought]) -> bool:
    """Tell whether several words that many have stand together in any plan of a few.

    If in none, a list that is walked in its order would ask nearly every plan for each of them.
    """
    asked = [one for one in some if one.lazy and not one.few]
    if not is_sqlite() or len(asked) < 2:
        return True
    newest = db.session.scalar(select(func.max(Plan.id))) or 0
    chosen = {newest * place // _ASKED for place in range(1, _ASKED + 1)}
    query = select(Plan.id).where(Plan.id.in_(chosen), *(one.in_plan for one in asked))
    return newest <= FEW or db.session.scalar(query.limit(1)) is not None


def _begins(letter: str) -> ColumnElement[bool]:
    """Return the condition that a word of the title begins with a letter: any text has one."""
    return Plan.title_key.startswith(letter) | Plan.title_key.contains(f" {letter}")
