"""A placement: where a thread is on one version, and how certain that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from planpush.document.blocks import Block

State = Literal["exact", "moved", "edited", "outdated", "orphaned"]

_RANK: dict[State, int] = {"exact": 0, "moved": 1, "edited": 2, "outdated": 3, "orphaned": 4}

SAME = "The same words in the corresponding place."
MOVED = "The same words in another place."
CHANGED = "The words changed, the place is known."
CONFIRM = "Similar words in another place, please confirm."
WORDS_GONE = "The block is still here, its words are gone."
EQUALS = "Several places fit equally well."
BLOCK_GONE = "The block is gone, this is where it stood."
NOTHING = "Nothing is left to point at."


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a thread is; `block` is the key in `section`, offsets are in the block's text."""

    state: State
    confidence: float
    section: str
    block: int | None
    start: int | None
    end: int | None
    reason: str

    @classmethod
    def of(cls, row: Any) -> Placement:
        """Return the placement that a stored row describes."""
        place = row.section, row.block, row.start, row.end
        return cls(row.state, row.confidence, *place, row.reason)

    @property
    def fingerprint(self) -> str:
        """Name this place: a form sends it back to tell whether its page was up to date."""
        return f"{self.state}:{self.section}:{self.block}:{self.start}:{self.end}"


WHOLE = Placement("exact", 1.0, "", None, None, None, SAME)
ORPHAN = Placement("orphaned", 0.0, "", None, None, None, NOTHING)


def at(
    state: State, sure: float, block: Block, reason: str, span: tuple[int, int] | None = None
) -> Placement:
    """Return the placement on `block`, or on a span of its text."""
    start, end = span or (None, None)
    return Placement(state, round(sure, 3), block.section, block.key, start, end, reason)


def better(direct: Placement, chained: Placement) -> Placement:
    """Return the placement with the better state, the direct one if they are equal."""
    return chained if _RANK[chained.state] < _RANK[direct.state] else direct


def words_at(blocks: Sequence[Block], placement: Placement) -> str:
    """Return what the place says: the marked words, the block, or the section's title."""
    for block in blocks:
        if block.section == placement.section and block.key == placement.block:
            if placement.start is not None and placement.end is not None:
                return block.text[placement.start : placement.end]
            return block.headings[0] if block.key == 0 and block.headings else block.text
    return ""
