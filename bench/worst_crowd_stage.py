"""A plan that very many comment on, for `bench.worst`: stored at once, not thread by thread."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select

from bench.worst_stage import Stage
from planpush.comments.comment import Comment
from planpush.comments.placement import Placement, place_of
from planpush.comments.thread import Origin, Thread
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Origin as Where
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block
from planpush.events.event import Event
from planpush.plans.plan import REVIEWER, Member, Plan
from planpush.plans.version import BlockReader
from planpush.reviews.attention import COMMENT, Turn
from tests.people import person

SECTIONS = 20
_MARKS = " *a _b_ `c`" * 20
_QUOTED = 40  # characters of a block that a thread is on


def sections(texts: Sequence[str]) -> list[str]:
    """Return paragraphs, dealt out to a few sections."""
    parts = [texts[n::SECTIONS] for n in range(SECTIONS)]
    return ["".join(f"<p>{text}</p>" for text in part) for part in parts]


def crowd(stage: Stage, count: int, texts: Sequence[str]) -> tuple[str, int]:
    """Return a plan of these paragraphs with so many threads of bob's, and the last of these.

    Each has five comments, full of marks. They stand on both of its versions; one in ten is
    resolved.
    """
    slug = stage.plan(sections(texts), sections([*texts, *["New."] * SECTIONS]))
    with stage.app.app_context():
        plan = db.session.scalars(select(Plan).where(Plan.slug == slug)).one()
        db.session.add(Member(plan_id=plan.id, user_id=person("bob").id, kind=REVIEWER))
        of = defaultdict[str, list[Block]](list)
        for block in BlockReader(plan)(1):
            of[block.section].append(block)
        places = itertools.cycle(
            [block for part in of.values() for block in part if block.tag == "p"]
        )
        first = (db.session.scalar(select(func.max(Thread.id))) or 0) + 1
        chosen = [next(places) for _ in range(count)]
        found = [_origin(n, block, of[block.section]) for n, block in enumerate(chosen)]
        _store(plan, first, found, of)
        plan.open_threads, plan.resolved_threads = count - count // 10, count // 10
        plan.comment_count = 5 * count
        commit()
    return slug, first + count - 1


def _origin(number: int, block: Block, section: Sequence[Block]) -> Where:
    start = min(3 * (number % 5), max(0, len(block.text) - 4))
    quote = block.text[start : start + _QUOTED].strip()
    place = Place(anchor=block.section, block=block.key, quote=quote, start=block.text.find(quote))
    return locate(section, 1, place)


def _store(plan: Plan, first: int, found: Sequence[Where], of: dict[str, list[Block]]) -> None:
    alice, bob, rows = person("alice").id, person("bob").id, defaultdict[Any, list[Any]](list)
    comments = itertools.count((db.session.scalar(select(func.max(Comment.id))) or 0) + 1)
    for number, origin in enumerate(found, first):
        state = "resolved" if number % 10 == 0 else "open"
        here = {"thread_id": number, "plan_id": plan.id}
        rows[Thread].append({"id": number, "plan_id": plan.id, "state": state, "kind": origin.kind,
                             "opened_on": 1, "opened_by_id": bob})  # fmt: skip
        told = {"thread_id": number, "version": 1, "selector": origin.as_dict()}
        rows[Origin].append(told | {"added_by_id": bob})
        for version in (1, 2):
            placed = Placement(**here, version=version)
            placed.move(place_of(origin), of[origin.section])
            rows[Placement].append({column.key: getattr(placed, column.key)
                                    for column in Placement.__table__.columns})  # fmt: skip
        for author in (bob, alice) * 2 + (bob,):
            said = {
                "id": next(comments),
                "author_id": author,
                "kept": f"**{origin.exact}**{_MARKS}",
            }
            rows[Comment].append(here | said)
            event = {"kind": "comment.added", "actor_id": author, "data": {"comment": said["id"]}}
            rows[Event].append(here | event)
        rows[Turn].append(here | {"user_id": bob, "event_id": 1, "reason": COMMENT})
    for kind, values in rows.items():
        db.session.execute(insert(kind), values)
