"""Finds quoted text whose block is gone in new or rewritten blocks."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from planpush.document.anchoring.duplicates import MARGIN
from planpush.document.anchoring.placement import CONFIRM, MOVED, Placement, at
from planpush.document.anchoring.target import Origin
from planpush.document.diff.blocks import BlockMap
from planpush.document.diff.words import Index, context_score, occurrences, window, words

_QUOTE = 20
_ALONE = 24
_FIT = 0.5
_CERTAIN = 0.8
_ALIKE = 0.85
_PLACES = 64
_LONG = 20_000


class Elsewhere:
    """The texts of one map in which words without a block may be found."""

    def __init__(self, block_map: BlockMap) -> None:
        self.blocks = [block_map.new[j] for j in block_map.pool]
        self.before = [block_map.before(j) for j in block_map.pool]
        texts = [block.text for block in self.blocks]
        self.text = "\n".join(texts)
        self.starts = [0, *accumulate(len(text) + 1 for text in texts)][: len(texts)]
        self._index: Index | None = None

    def verbatim(self, origin: Origin) -> Placement | None:
        """Return the one place that has the very words, if it can be told."""
        quote = origin.exact
        size, found = len(quote), []
        for spot in occurrences(self.text, quote, _PLACES):
            n = bisect_right(self.starts, spot) - 1
            if quote in self.before[n]:
                continue
            start = spot - self.starts[n]
            text = self.blocks[n].text
            fit = context_score(text, start, start + size, origin.prefix, origin.suffix)
            found.append((fit, -n, -start))
        if not found:
            return None
        found.sort(reverse=True)
        fit, n, start = found[0][0], -found[0][1], -found[0][2]
        clear = len(found) == 1 or fit - found[1][0] >= MARGIN
        if (size < _QUOTE and fit < _CERTAIN) or not clear:
            return None
        if fit < _FIT and not (len(found) == 1 and size >= _ALONE):
            return None
        return at("moved", 0.7 + 0.2 * fit, self.blocks[n], MOVED, (start, start + size))

    def similar(self, origin: Origin) -> Placement | None:
        """Return the one place with words much like the quote, for a person to confirm."""
        quote = origin.exact
        if len(quote) < _ALONE:
            return None
        if self._index is None:
            self._index = Index([words(block.text) for block in self.blocks])
        found = []
        for n in self._index.candidates(words(quote), -1):
            text = self.blocks[n].text
            if len(text) <= _LONG and not self.before[n]:
                score, start, end = window(quote, text)
                if score >= _ALIKE - MARGIN:
                    found.append((score, n, start, end))
        found.sort(key=lambda f: (-f[0], f[1]))
        if not found or found[0][0] < _ALIKE:
            return None
        if len(found) > 1 and found[0][0] - found[1][0] < MARGIN:
            return None
        score, n, start, end = found[0]
        return at("edited", score - 0.2, self.blocks[n], CONFIRM, (start, end))
