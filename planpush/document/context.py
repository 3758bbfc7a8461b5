"""The text before and after a passage, across block borders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planpush.document.blocks import Block
from planpush.document.diff.words import context_score

REACH = 128
"""Characters of context, on either side, that a request's prefix and suffix are compared with."""


class Surroundings:
    """The leaves of a document, and where each block stands among them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.texts: list[str] = []
        self.places: dict[int, int] = {}
        for block in blocks:
            self.places[id(block)] = len(self.texts)
            if not block.element:
                self.texts.append(block.text)

    def fit(self, block: Block, start: int, end: int, prefix: str, suffix: str) -> float:
        """Return how well `prefix` and `suffix` fit around `block.text[start:end]`, from 0 to 1."""
        at = self.places[id(block)]
        behind = at + (not block.element)
        low, high = max(0, start - REACH), end + REACH
        before = self._gather(range(at - 1, -1, -1), REACH - start)[::-1]
        after = self._gather(range(behind, len(self.texts)), REACH - (len(block.text) - end))
        lead = "".join(f"{text} " for text in before) + block.text[low:start]
        tail = block.text[end:high] + "".join(f" {text}" for text in after)
        size = len(lead) + end - start
        text = lead + block.text[start:end] + tail
        return context_score(text, len(lead), size, prefix, suffix)

    def _gather(self, order: Iterable[int], least: int) -> list[str]:
        """Return the texts of the leaves in `order` until they have `least` characters."""
        found: list[str] = []
        for n in order:
            if least <= 0:
                break
            found.append(self.texts[n])
            least -= len(self.texts[n]) + 1
        return found
