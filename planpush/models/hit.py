"""Hits: where a plan that was found says what was looked for, outside of its title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from planpush.content.snippet import Piece, snippet
from planpush.db import rows
from planpush.models.comment import Comment
from planpush.models.passage import COMMENT, TITLE, Passage
from planpush.models.search import Search
from planpush.models.sought import Sought, asking, first_outside, is_sqlite

_ASKED = 4  # words that are looked for in one passage
_TRIED = 3  # passages of a plan that are looked at


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with what was looked for: in the section `anchor`, or in a thread."""

    pieces: Sequence[Piece]
    anchor: str = ""
    thread_id: int | None = None


def hits(found: Search, plan_ids: Sequence[int]) -> dict[int, Hit]:
    """Return a hit for each of some plans that were found, by plan id; few statements for all."""
    if not found.wanted or not plan_ids:
        return {}
    tried = _known(found.rare, plan_ids) if found.rare else _looked_up(found.wanted, plan_ids)
    passages = _passages([one for some in tried.values() for one in some])
    made: dict[int, Hit] = {}
    for plan_id, some in tried.items():
        known = [passages[one] for one in some if one in passages]
        told = [one for one in known if one.kind != TITLE]
        if told:
            pieces = snippet(told[0].body, found.told)
            made[plan_id] = Hit(pieces, told[0].anchor, told[0].thread_id)
    return made


def _known(rare: Sequence[Sought], plan_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return passages of plans that have words which few have; those with all of them first."""
    tried: dict[int, list[int]] = {}
    for plan_id in plan_ids:
        lists = [(one.passages or {}).get(plan_id, []) for one in rare]
        every = set(lists[0]).intersection(*lists)
        some = sorted(every) + [one for held in lists for one in held if one not in every]
        tried[plan_id] = some[:_TRIED]
    return tried


def _looked_up(wanted: Sequence[Sought], plan_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return passages of plans that have words which many have."""
    lazy = [one for one in wanted if one.lazy][:_ASKED]
    tried: dict[int, list[int]] = {}
    for some in (lazy, lazy[:1]) if len(lazy) > 1 else (lazy,):
        left = [plan_id for plan_id in plan_ids if plan_id not in tried]
        if some and left:
            asked = asking(*some)
            query = first_outside(TITLE, *asked, sqlite=is_sqlite())
            found = rows(query, asked | {"ids": left}).all()
            tried |= {row[0]: [row[1]] for row in found if row[1] is not None}
    return tried


def _passages(ids: Sequence[int]) -> dict[int, Any]:
    found = rows(_passage(), {"ids": ids}).all() if ids else ()
    return {row.id: row for row in found}


@cache
def _passage() -> Select[Any]:
    columns: list[Any] = [Passage.id, Passage.kind, Passage.anchor, Passage.body, Comment.thread_id]
    of = (Passage.kind == COMMENT) & (Comment.id == Passage.source_id)
    return (
        select(*columns)
        .outerjoin(Comment, of)
        .where(Passage.id.in_(bindparam("ids", expanding=True)))
    )
