"""What changed between two versions, as data."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import Field

from planpush.api.operations import describes
from planpush.api.request_bodies import Number
from planpush.api.responses import Shape, SummaryAnswer
from planpush.document.blocks import Block
from planpush.document.diff.comparison import BlockState, Change, Compared, State
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.comparison import Comparison
from planpush.versions.outline import summary
from planpush.web.auth import current_user, scope
from planpush.web.parsing import Body, parse_query
from planpush.web.rate_limits import limited

comparisons = Blueprint("api_comparisons", __name__, url_prefix="/api/plans")


class CompareQuery(Body):
    """Which versions to compare; `to` is the newest if it is left out."""

    from_: Number = Field(alias="from")
    to: Number | None = None


class ComparedPlace(Shape):
    """A block as it reads on one of the two versions; `block` is its key in the section."""

    section: str
    block: int
    text: str


class ComparedWords(Shape):
    """A run of words: "same" and "removed" are the old text, "same" and "added" the new one."""

    op: Literal["same", "removed", "added"]
    text: str


class ComparedBlock(Shape):
    """What became of a block. `words` is empty unless it changed, and for very large changes."""

    state: BlockState
    tag: str
    row: str
    column: str
    before: ComparedPlace | None
    after: ComparedPlace | None
    words: list[ComparedWords]


class ComparedName(Shape):
    """What a section was called."""

    anchor: str
    title: str


class ComparedSection(Shape):
    """What became of a section. "changed" without blocks: only its markup differs.

    `whole`: too much differs to compare its blocks; all of them went and came.
    """

    anchor: str
    title: str
    state: State
    moved: bool
    whole: bool
    was: ComparedName | None
    blocks: list[ComparedBlock]


class ComparedCounts(Shape):
    """How many sections have which state."""

    same: int
    changed: int
    added: int
    removed: int
    moved: int
    renamed: int


class ComparisonAnswer(Shape):
    """Two versions of a plan and every section of both, in order."""

    plan: str
    from_: SummaryAnswer = Field(alias="from")
    to: SummaryAnswer
    counts: ComparedCounts
    sections: list[ComparedSection]


@comparisons.get("/<slug>/compare")
@scope("plans:read")
@describes({200: ComparisonAnswer}, 410, query=CompareQuery)
@limited("compare", limit=60, seconds=60, apart=True)
def show(slug: str) -> Response:
    """Answer what changed between two versions: sections, their blocks, and their words."""
    plan = Plan.find(slug, current_user())
    query = parse_query(CompareQuery)
    return jsonify(_compared(plan, int(query.from_), int(query.to) if query.to else None))


def _compared(plan: Plan, old: int, new: int | None) -> dict[str, Any]:
    found = Comparison.of(Version.of(plan, old), Version.of(plan, new))
    return {
        "plan": plan.slug,
        "from": summary(found.old),
        "to": summary(found.new),
        "counts": dict.fromkeys(ComparedCounts.model_fields, 0)
        | Counter(section.state for section in found.sections),
        "sections": [_section(section) for section in found.sections],
    }


def _section(section: Compared) -> dict[str, Any]:
    part, was = section.part, section.was
    same_name = was is None or (was.anchor, was.title) == (part.anchor, part.title)
    return {
        "anchor": part.anchor,
        "title": part.title,
        "state": section.state,
        "moved": section.moved,
        "whole": section.is_whole,
        "was": None if same_name or was is None else {"anchor": was.anchor, "title": was.title},
        "blocks": [_change(change) for change in section.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    told = change.after or change.before
    return {
        "state": change.state,
        "tag": told.tag if told else "",
        "row": told.row if told else "",
        "column": told.column if told else "",
        "before": _place(change.before),
        "after": _place(change.after),
        "words": [{"op": op, "text": text} for op, text in change.words],
    }


def _place(block: Block | None) -> dict[str, Any] | None:
    if block is None:
        return None
    return {"section": block.section, "block": block.key, "text": block.text}
