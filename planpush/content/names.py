"""Names for sections that have none: from their headings, each once."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
"""Characters of an anchor."""

_NUMBERING = re.compile(r"\d{1,2}(?:\.\d{1,2})*[.)]?\s+(?=\S)")
_WORD = re.compile(r"[a-z0-9]+")


def kebab(title: str) -> str:
    """Return the words of a heading as an anchor, without its number."""
    folded = unicodedata.normalize("NFKD", _NUMBERING.sub("", title, count=1))
    words = _WORD.findall(folded.encode("ascii", "ignore").decode().lower())
    return "-".join(words)[:LONGEST].strip("-")


class Names:
    """The anchors of a document, and for each that was wanted the number to try next."""

    def __init__(self, used: set[str]) -> None:
        self.used = used
        self.numbers: dict[str, int] = {}

    def unused(self, anchor: str) -> str:
        """Return `anchor`, numbered if it is taken, and take it."""
        number, candidate = self.numbers.get(anchor, 1), anchor
        while candidate in self.used:
            number += 1
            suffix = f"-{number}"
            candidate = anchor[: LONGEST - len(suffix)].rstrip("-") + suffix
        self.numbers[anchor] = number
        self.used.add(candidate)
        return candidate
