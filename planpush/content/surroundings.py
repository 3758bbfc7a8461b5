"""What stands around a span, across the borders of its block: as whoever quotes it sees it."""

from __future__ import annotations

from collections.abc import Sequence

from planpush.content.blocks import Block
from planpush.content.words import context_score

REACH = 128
"""Characters of context, on either side, that a request's prefix and suffix are compared with."""


def fit(
    blocks: Sequence[Block], block: Block, start: int, end: int, prefix: str, suffix: str
) -> float:
    """Return how well `prefix` and `suffix` fit around `block.text[start:end]`, from 0 to 1."""
    at = next((n for n, other in enumerate(blocks) if other is block), -1)
    before = _gather(blocks, range(at - 1, -1, -1), REACH - start)[::-1]
    after = _gather(blocks, range(at + 1, len(blocks)), REACH - (len(block.text) - end))
    lead = "".join(f"{text} " for text in before)
    text = lead + block.text + "".join(f" {text}" for text in after)
    return context_score(text, len(lead) + start, len(lead) + end, prefix, suffix)


def _gather(blocks: Sequence[Block], order: range, least: int) -> list[str]:
    """Return the texts of the leaves in `order` until they have `least` characters."""
    found: list[str] = []
    for n in order:
        if least <= 0:
            break
        if not blocks[n].element:
            found.append(blocks[n].text)
            least -= len(blocks[n].text) + 1
    return found
