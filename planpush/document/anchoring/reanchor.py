"""Finds where each thread of one version belongs on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planpush.document.anchoring.duplicates import MARGIN
from planpush.document.anchoring.elements import climb, element
from planpush.document.anchoring.moved_text import Elsewhere
from planpush.document.anchoring.placement import (
    CHANGED,
    EQUALS,
    MOVED,
    SAME,
    WHOLE,
    WORDS_GONE,
    Placement,
    State,
    at,
    better,
    words_at,
)
from planpush.document.anchoring.target import Origin
from planpush.document.blocks import Block
from planpush.document.diff.blocks import BlockMap, map_blocks
from planpush.document.diff.words import (
    carried,
    context_score,
    full_words,
    occurrences,
    ratio,
    window,
)

__all__ = ["Placement", "State", "better", "by_words", "place", "place_all", "words_at"]

_ALIKE = 0.70
_CERTAIN = 0.85
_KEPT = 0.65
_QUOTE = 12
_TELLING = 20
_FIT = 0.3
_HERE = 0.5  # what one gets who stands where the diff says


def place_all(
    origins: Mapping[int, Origin],
    versions: Mapping[int, Sequence[Block]],
    new: Sequence[Block],
    renames: Mapping[str, str] | None = None,
) -> dict[int, Placement]:
    """Place every thread in `new`, each straight from the blocks of its own version.

    `versions` holds the blocks of every version that an origin names, `renames` leads from old
    section keys to new ones.
    """
    maps = {
        version: map_blocks(versions.get(version, ()), new, renames)
        for version in {origin.version for origin in origins.values()}
    }
    by_block = sorted(origins.items(), key=lambda o: (o[1].version, o[1].section, o[1].key))
    return {key: place(origin, maps[origin.version], new) for key, origin in by_block}


def place(origin: Origin, block_map: BlockMap, new: Sequence[Block]) -> Placement:
    """Place one thread through the map from its own version to `new`."""
    if origin.kind == "document":
        return WHOLE
    if not origin.exact:
        return element(origin, block_map) or climb(origin, block_map)
    return _Quote(origin, block_map, new).placement()


def by_words(origin: Origin, block_map: BlockMap) -> Placement:
    """Place one thread whose version is not compared: on its very words, else in its section."""
    if not origin.exact:
        return place(origin, block_map, block_map.new)
    return block_map.kept("elsewhere", Elsewhere).verbatim(origin) or climb(origin, block_map)


class _Quote:
    """Words being placed."""

    def __init__(self, origin: Origin, block_map: BlockMap, new: Sequence[Block]) -> None:
        self.origin, self.map = origin, block_map
        index = block_map.places.get((origin.section, origin.key), -1)
        self.relation = block_map.relations[index] if index >= 0 else "gone"
        target = block_map.targets[index] if index >= 0 else -1
        self.block = new[target] if target >= 0 else None

    def placement(self) -> Placement:
        """Return the best place that can be told without guessing."""
        if self.relation == "unsure":
            return climb(self.origin, self.map, unsure=True)
        elsewhere = self.map.kept("elsewhere", Elsewhere)
        if self.block is None:
            found = elsewhere.verbatim(self.origin) or elsewhere.similar(self.origin)
            return found or climb(self.origin, self.map)
        found = self.inside(self.block)
        if found.state in ("edited", "outdated"):
            return elsewhere.verbatim(self.origin) or found
        return found

    def inside(self, block: Block) -> Placement:
        """Place the quote in the block that its own became."""
        origin, text = self.origin, block.text
        span = origin.start or 0, origin.end or 0
        moved = self.relation in ("moved", "rewritten")
        state: State = "moved" if moved else "exact"
        reason = MOVED if moved else SAME
        if text == origin.block_text:
            return at(state, 1.0, block, reason, span)
        carry = carried(origin.block_text, text, *span)
        spots = occurrences(text, origin.exact)
        if text.startswith(origin.exact, carry[0]) and carry[0] not in spots:
            spots.append(carry[0])
        spot = self.choose(text, spots, carry[0], carry[1])
        if spot is not None:
            return at(state, 0.95, block, reason, (spot, spot + len(origin.exact)))
        if len(spots) > 1:
            return at("outdated", 0.5, block, EQUALS)
        return self.similar(block, carry)

    def choose(self, text: str, spots: list[int], begin: int, finish: int) -> int | None:
        """Return the occurrence that is the quote, or None if that would be a guess."""
        origin, size = self.origin, len(self.origin.exact)
        scored = sorted(
            (
                context_score(text, spot, spot + size, origin.prefix, origin.suffix)
                + 0.5 * (spot < finish and begin < spot + size),
                spot,
            )
            for spot in spots
        )
        if not scored:
            return None
        best, spot = scored[-1]
        if len(scored) > 1:
            return spot if best - scored[-2][0] >= MARGIN else None
        if origin.block_text.count(origin.exact) > 1 and best < _HERE:
            return None
        return spot if best >= _FIT or size >= _TELLING else None

    def similar(self, block: Block, carry: tuple[int, int, float]) -> Placement:
        """Place the quote on what its words became."""
        quote, text = self.origin.exact, block.text
        begin, finish, kept = carry
        if len(quote) < _QUOTE:
            return at("outdated", 0.5, block, WORDS_GONE)
        whole = quote == self.origin.block_text
        if whole:
            begin, finish, kept = 0, len(text), ratio(quote, text)
        if kept >= _ALIKE and finish - begin <= 4 * len(quote):
            return at("edited", kept, block, CHANGED, full_words(text, begin, finish))
        score, start, end = window(quote, text)
        here = start < finish and begin < end
        least = _ALIKE if here else _CERTAIN
        if not whole and score >= least and max(kept, score - MARGIN) >= _KEPT:
            return at("edited", score, block, CHANGED, full_words(text, start, end))
        return at("outdated", 0.5, block, WORDS_GONE)
