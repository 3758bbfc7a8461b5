"""Where a found plan contains the search terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from planpush.comments.comment import Comment
from planpush.dashboard.search import Search
from planpush.dashboard.search_index import (
    COMMENT,
    TITLE,
    Passage,
    first_outside,
    having_within,
    is_sqlite,
)
from planpush.dashboard.search_terms import Sought, asking, by_plan
from planpush.database.session import among, rows
from planpush.document.snippet import Piece, has_all, snippet

_ASKED = 4  # words that are looked for in one passage
_TRIED = 3  # passages of a plan that are looked at


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with what was looked for: in the section `anchor`, or in a thread."""

    pieces: Sequence[Piece]
    anchor: str = ""
    thread_id: int | None = None


def hits(found: Search, places: Mapping[int, int | None]) -> dict[int, Hit]:
    """Return a hit for each of some plans that were found, by plan id; few statements for all.

    `places` are the plans, each with a passage that has one of the words, if one is known.
    """
    if not found.wanted or not places:
        return {}
    near = found.rare or _near(found.wanted, list(places))
    tried = _known(near, places) if near else {one: [at] for one, at in places.items() if at}
    if near and found.few:
        return _told(_read(tried), found.told)
    lazy = [one for one in found.wanted if one.lazy][:_ASKED]
    # Each plan was asked for one word: that the others stand there as well is only likely.
    read, words = _read(tried), [one.told for one in lazy] if len(lazy) > 1 else []
    made = _told(read, found.told, words)
    made |= _told(_read(_looked_up(lazy, [one for one in places if one not in made])), found.told)
    if words:
        made |= _told({one: some for one, some in read.items() if one not in made}, found.told)
    left = [one for one in places if one not in made] if words else []
    return made | _told(_read(_looked_up(lazy[:1], left)), found.told)


def _told(
    read: Mapping[int, Sequence[Any]], told: Sequence[str], words: Sequence[str] = ()
) -> dict[int, Hit]:
    """Return the hits of plans that have one outside of their title, with all of some words."""
    made: dict[int, Hit] = {}
    for plan_id, some in read.items():
        fit = (one for one in some if one.kind != TITLE and has_all(one.body, words))
        if (one := next(fit, None)) is not None:
            made[plan_id] = Hit(snippet(one.body, told), one.anchor, one.thread_id)
    return made


def _near(wanted: Sequence[Sought], plan_ids: Sequence[int]) -> list[Sought]:
    """Return the words that not very many passages have, with those of some plans.

    SQLite reads all passages of such a word more quickly than it asks each plan.
    """
    return [_within(one, plan_ids) for one in wanted if one.few] if is_sqlite() else []


def _within(one: Sought, plan_ids: Sequence[int]) -> Sought:
    if one.passages is not None:
        return one
    ids = rows(having_within(one.asked), {"ids": plan_ids}).scalars()
    return replace(one, passages=by_plan(ids))


def _known(rare: Sequence[Sought], plan_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return passages of plans that have words which few have; those with all of them first."""
    tried: dict[int, list[int]] = {}
    for plan_id in plan_ids:
        lists = [(one.passages or {}).get(plan_id, []) for one in rare]
        every = set(lists[0]).intersection(*lists)
        some = sorted(every) + [one for held in lists for one in held if one not in every]
        tried[plan_id] = some[:_TRIED]
    return tried


def _looked_up(lazy: Sequence[Sought], plan_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return a passage of plans that has all of some words, each of which many have."""
    if not lazy or not plan_ids:
        return {}
    asked = asking(*lazy)
    query = first_outside(TITLE, *asked, sqlite=is_sqlite())
    found = rows(query, asked | {"ids": plan_ids}).all()
    return {row[0]: [row[1]] for row in found if row[1] is not None}


def _read(tried: Mapping[int, Sequence[int]]) -> dict[int, list[Any]]:
    """Return the rows of passages, by plan."""
    ids = [one for some in tried.values() for one in some]
    found = {row.id: row for row in rows(_passage(), {"ids": ids}).all()} if ids else {}
    return {
        plan_id: [found[one] for one in some if one in found] for plan_id, some in tried.items()
    }


@cache
def _passage() -> Select[Any]:
    columns: list[Any] = [Passage.id, Passage.kind, Passage.anchor, Passage.body, Comment.thread_id]
    of = (Passage.kind == COMMENT) & (Comment.id == Passage.source_id)
    return select(*columns).outerjoin(Comment, of).where(among(Passage.id, "ids"))
