"""How text is split into search terms, the same for both databases."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

# Scripts that put no spaces between words: each sign is a word, and what is asked for a phrase.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)
_GAP = "\u200b"  # takes no room where the text is shown
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 200  # characters of a word that count
_LAST = 16_383  # the last position that PostgreSQL can tell apart
_MANY = 250  # positions of one word in one text
CHUNK = 20_000
"""Characters of a text that are found, and shown, as one."""


def spaced(text: str) -> str:
    """Return a text with a gap around each sign that is a word by itself; else as it is."""
    return _UNSPACED.sub(rf"{_GAP}\1{_GAP}", text)


def shown(text: str) -> str:
    """Return a text as it was before `spaced`."""
    return text.replace(_GAP, "")


def words(text: str) -> list[str]:
    """Return the words of a text, without case and accents."""
    folded = text.lower() if text.isascii() else plain(spaced(text))
    return [word[:_LONGEST] for word in _WORD.findall(folded)]


def plain(text: str) -> str:
    """Return a text without case and accents; it may be of another length."""
    if text.isascii():
        return text.lower()
    marks = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in marks if not unicodedata.combining(mark)).casefold()


def chunks(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts joined by line breaks, in pieces of about `CHUNK` characters."""
    held: list[str] = []
    size = 0
    for text in texts:
        for start in range(0, len(text), CHUNK):
            part = text[start : start + CHUNK]
            if held and size + len(part) > CHUNK:
                yield "\n".join(held)
                held, size = [], 0
            held.append(part)
            size += len(part)
    if held:
        yield "\n".join(held)


def match(text: str, *, phrase: bool) -> str:
    """Return what FTS5 is asked: the words in a row, the last of them as a beginning or whole."""
    told = spaced(text).replace('"', " ").replace("\0", " ")
    return f'"{told}"' if phrase else f'"{told}" *'


def tsquery(text: str, *, phrase: bool) -> str:
    """Return what PostgreSQL is asked: the words in a row, the last as a beginning or whole."""
    return " <-> ".join(f"'{word}'" for word in words(text)) + ("" if phrase else ":*")


def tsvector(text: str) -> str:
    """Return a text's words with their places, as PostgreSQL reads them."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words(text), 1):
        if len(places[word]) < _MANY:
            places[word].append(str(min(place, _LAST)))
    return " ".join(f"'{word}':{','.join(some)}" for word, some in places.items())
