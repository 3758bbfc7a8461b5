"""Numbers the changes of a rendered comparison so that a reader can step through them.

Both only read what `redline` made safe: what is written here are names of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from planpush.document.diff.render import Redlined
from planpush.document.html.tokens import TAG, VOID

_MARK = re.compile(r' data-diff="([a-z]+)"')
_ID = re.compile(r' id="([^"]*)"')
# The space before words that came or went is marked with them: a sign would stand before it.
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_NOTHING = re.compile(r'<(?:ins|del) data-diff="[a-z]+">(\s+)</(?:ins|del)>')
_BLANK = re.compile(r'(<(?:ins|del) data-diff="[a-z]+">)(\s+)')
_FOLDS = re.compile(r'<details[^<>]*>|</details>| data-diff="(?!from)')
_HEADING = re.compile(r"</h[1-6]>")
_ROOT = ' data-block="0"'
_WHOLE = ("added", "removed", "beside")  # what is inside belongs to it
_INLINE = ("ins", "del", "span")


def numbered(html: str, first: int) -> tuple[str, list[str]]:
    """Return a section with its changes marked as stops, and their ids.

    A stop is a block that differs, or words where no block is marked; `first` is the number of
    the first one.
    """
    walk = _Walk(first)
    parts = _PRE.split(html)
    parts[::2] = [_BLANK.sub(r"\2\1", _NOTHING.sub(r"\1", part)) for part in parts[::2]]
    return TAG.sub(walk.tag, _unfolded("".join(parts))), walk.ids


def _unfolded(html: str) -> str:
    """Open what is folded around a change."""
    around, opened = list[re.Match[str]](), set[re.Match[str]]()
    for part in _FOLDS.finditer(html) if "<details" in html else ():
        if part[0].startswith("<details"):
            around.append(part)
        elif part[0].startswith("<"):
            del around[-1:]
        else:
            opened.update(around)
    return put(html, [(tag.start() + 8, ' open=""') for tag in opened if " open" not in tag[0]])


class _Walk:
    """Goes through the tags; `inside` is how deep within a stop, `words` within a changed block."""

    def __init__(self, first: int) -> None:
        self.first, self.ids = first, list[str]()
        self.inside = self.words = 0

    def tag(self, tag: re.Match[str]) -> str:
        closing, name, attributes = tag.groups()
        step = 0 if name in VOID else -1 if closing else 1
        if self.inside:
            self.inside += step
            return tag[0]
        found = None if closing else _MARK.search(attributes)
        state = found[1] if found else ""
        is_stop = state not in ("", "from") and not (self.words and name in _INLINE)
        if is_stop and (state in _WHOLE or name in _INLINE):
            self.inside = step
        elif self.words or (is_stop and _ROOT not in attributes):
            self.words += step
        return self._stop(name, attributes) if is_stop else tag[0]

    def _stop(self, name: str, attributes: str) -> str:
        own = _ID.search(attributes)
        self.ids.append(own[1] if own else f"pp-c{self.first + len(self.ids)}")
        named = "" if own else f' id="{self.ids[-1]}"'
        focus = "" if " tabindex=" in attributes else ' tabindex="-1"'
        return f"<{name} data-stop{named}{focus}{attributes}>"


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A section of a comparison with its stops, of which `ids` are in order, and its own id."""

    section: Redlined
    html: str
    ids: Sequence[str]
    id: str

    @classmethod
    def all(cls, sections: Iterable[Redlined]) -> list[Shown]:
        """Return the sections that have a text, their stops numbered from 1."""
        found, first = list[Shown](), 1
        for section in sections:
            html, ids = numbered(section.html, first)
            own = _ID.search(html, 0, html.find(">") + 1)
            found.append(cls(section, html, ids, own[1] if own else next(iter(ids), "")))
            first += len(ids)
        return found

    @property
    def came(self) -> int:
        """How many blocks are new, or say something new: none in a section that is gone."""
        if self.section.compared.state == "removed":
            return 0
        return self.section.counts.get("added", 0) + self.section.counts.get("changed", 0)

    @property
    def went(self) -> int:
        """How many blocks are gone, or say it no more; in a new section none."""
        if self.section.compared.state == "added":
            return 0
        return self.section.counts.get("removed", 0) + self.section.counts.get("changed", 0)


def heading_end(html: str) -> int:
    """Return the offset behind the first heading, for a section whose blocks have no keys."""
    found = _HEADING.search(html)
    return found.end() if found else html.index(">") + 1


def put(html: str, inserts: Sequence[tuple[int, str]]) -> str:
    """Return `html` with texts put in at offsets."""
    pieces, last = list[str](), 0
    for place, text in sorted(inserts, key=lambda insert: insert[0]):
        pieces += [html[last:place], text]
        last = place
    return "".join([*pieces, html[last:]])
