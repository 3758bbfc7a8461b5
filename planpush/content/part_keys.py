"""Keys of the parts of a drawing: from the author's own names, never from where a part stands."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from planpush.content.values import SLUG

_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 64
_WORDS = 24


class Keys:
    """Gives each part of one drawing a `data-anchor` that is unique in the section."""

    def __init__(self, prefix: str, taken: set[str]) -> None:
        self.prefix, self.taken = prefix, taken
        self.counts: dict[str, int] = {}

    def node(self, name: str) -> str:
        """Return the key of a node."""
        return self._unique(f"{self.prefix}-{_word(name)}", name)

    def edge(self, start: str, end: str, label: str = "") -> str:
        """Return the key of an edge; several between the same two are counted."""
        words = [_word(start), "to", _word(end)] if end else [_word(start)]
        if label:
            words.append(_word(label[:200]))
        return self._unique(f"{self.prefix}-{'-'.join(words)}", f"{start}\n{end}\n{label}")

    def _unique(self, key: str, name: str) -> str:
        if len(key) > _LONGEST - 5:
            key = f"{key[: _LONGEST - 16].rstrip('-')}-{_hash(key + name, 8)}"
        number, made = self.counts.get(key, 1), key
        if number > 1:
            made = f"{key}-{number}"
        while made in self.taken or not SLUG.fullmatch(made):
            number += 1
            made = f"{key}-{number}" if SLUG.fullmatch(key) else f"p-{_hash(key, 12)}-{number}"
        self.taken.add(made)
        self.counts[key] = number
        return made


def _word(name: str) -> str:
    """Return `name` as it can stand in a key; what had to change is told apart by a hash."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = _OTHER.sub("-", plain).strip("-")
    if word == name and len(word) <= _WORDS:
        return word
    return f"{word[:_WORDS].strip('-')}-{_hash(name, 4)}".strip("-")


def _hash(text: str, size: int) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:size]
