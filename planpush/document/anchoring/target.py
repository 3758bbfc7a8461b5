"""A comment's target: the quoted text and its position, as stored and as requested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from planpush.document.anchoring.duplicates import MARGIN
from planpush.document.blocks import Block, Kind, kind_of, normalise
from planpush.document.context import REACH, Surroundings
from planpush.document.diff.words import CONTEXT, loosely, occurrences
from planpush.errors import Finding, Invalid

_QUOTE = 10_000
_NAME = 1_000
_PLACES = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """What a request said about the place; offsets are code points in the block's text."""

    anchor: str = ""
    block: int | None = None
    quote: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None
    row: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a comment was made, never rewritten. `section` and `key` name the block then."""

    version: int
    kind: Kind = "document"
    anchors: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    block_text: str = ""
    block_tag: str = ""
    exact: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None
    row: str = ""
    column: str = ""
    label: str = ""
    key: int = 0
    section: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Origin:
        """Return the origin that `as_dict` wrote."""
        paths = {name: tuple(data.get(name, ())) for name in ("anchors", "headings")}
        return cls(**{**data, **paths})


def locate(blocks: Sequence[Block], version: int, place: Place) -> Origin:
    """Return the origin that `place` names among the `blocks` of a whole document.

    Raises `Invalid` with a finding that names the field when the place does not exist, the quote
    is not there, or several places fit equally well.
    """
    return _Lookup(blocks, version, place).origin()


class _Lookup:
    """One place being looked up."""

    def __init__(self, blocks: Sequence[Block], version: int, place: Place) -> None:
        self.blocks, self.version, self.place = blocks, version, place
        self.quote = self._text("quote", place.quote, _QUOTE)
        self.prefix = self._context("prefix", place.prefix)[-REACH:]
        self.suffix = self._context("suffix", place.suffix)[:REACH]
        self.row = self._text("row", place.row, _NAME)
        self.column = self._text("column", place.column, _NAME)

    def origin(self) -> Origin:
        """Return the origin; the first named of block, cell, quote and anchor decides."""
        place = self.place
        offsets = place.start is not None or place.end is not None
        named = place.anchor or self.quote or self.row or self.column or offsets
        if not named and place.block is None:
            return Origin(self.version)
        scope = self._scope()
        if place.block is not None:
            return self._in_block(self._block(scope))
        if self.row or self.column:
            return self._in_block(self._cell(scope))
        if self.quote:
            return self._search(scope)
        if offsets:
            raise _refused("block", "Offsets need the block that they count in.", "Send block too.")
        return self._made(kind_of(scope[0], self.blocks), scope[0], None, None)

    def _text(self, name: str, value: str, most: int) -> str:
        if len(value) > most:
            raise _refused(name, f"{name} is longer than {most:,} characters.", "Shorten it.")
        return normalise(value)

    def _context(self, name: str, value: str) -> str:
        """Return normalised surroundings with the space that may stand next to the quote."""
        text = self._text(name, value, _QUOTE)
        return " " * value[:1].isspace() + text + " " * value[-1:].isspace() if text else ""

    def _scope(self) -> list[Block]:
        """Return the blocks that the anchor names: a section, or an element with its inside."""
        anchor = self.place.anchor
        if not anchor:
            if self.place.block is not None:
                raise _refused("anchor", "A block needs its section.", "Send anchor too.")
            return list(self.blocks)
        found = [b for b in self.blocks if b.section == anchor]
        found = found or [b for b in self.blocks if anchor in b.anchors]
        if not found:
            raise _refused("anchor", "There is no such anchor in this version.", "See the outline.")
        return found

    def _block(self, scope: list[Block]) -> Block:
        section = scope[0].section
        for block in self.blocks:
            if block.section == section and block.key == self.place.block:
                return block
        raise _refused("block", "There is no such block in the section.", "Reload the page.")

    def _cell(self, scope: list[Block]) -> Block:
        found = [
            b
            for b in scope
            if not b.element
            and (b.row or b.column)
            and self.row in ("", b.row)
            and self.column in ("", b.column)
        ]
        if self.quote:
            found = [b for b in found if self.quote in b.text]
        elif self.row and self.column:
            found = [b for b in found if b.tag in ("td", "th")] or found
        if len(found) == 1:
            return found[0]
        if not found:
            raise _refused("row", "There is no such cell in the section.", "Check row and column.")
        raise _refused("row", "Several cells have this row and column.", "Send block too.")

    def _in_block(self, block: Block) -> Origin:
        """Return the origin in one block: all of it, or the quote where the request says."""
        place = self.place
        if not self.quote:
            if place.start is not None or place.end is not None:
                raise _refused("quote", "Offsets need the words that they mark.", "Send quote too.")
            return self._made(kind_of(block, self.blocks), block, None, None)
        start = self._offset("start", place.start, block)
        end = self._offset("end", place.end, block)
        size = len(self.quote)
        begin = end - size if start is None and end is not None else start
        if begin is not None:
            if end in (None, begin + size) and block.text.startswith(self.quote, begin):
                return self._made("text", block, begin, begin + size)
            raise _refused("start", "The offsets do not mark the quote.", "Count code points.")
        spots = occurrences(block.text, self.quote)
        if not spots:
            raise _refused("quote", "The block does not have these words.", "Reload the page.")
        return self._chosen([(block, spot, spot + len(self.quote)) for spot in spots])

    def _offset(self, name: str, value: int | None, block: Block) -> int | None:
        if value is not None and not 0 <= value <= len(block.text):
            raise _refused(name, f"{name} lies outside the block.", "Count code points from 0.")
        return value

    def _search(self, scope: list[Block]) -> Origin:
        """Return the origin of a quote that came without a block."""
        leaves = [block for block in scope if not block.element]
        size = len(self.quote)
        spans = ((b, s, s + size) for b in leaves for s in occurrences(b.text, self.quote))
        found = list(islice(spans, _PLACES + 1))
        if not found:
            loose = loosely([block.text for block in leaves], self.quote)
            found = [(leaves[n], start, end) for n, start, end in loose]
        if not found:
            raise _refused("quote", "These words are not there.", "Quote the text as it is shown.")
        return self._chosen(found)

    def _chosen(self, found: list[tuple[Block, int, int]]) -> Origin:
        """Return the origin at the span whose surroundings fit best, if one does."""
        if len(found) == 1:
            return self._made("text", *found[0])
        if not (self.prefix or self.suffix) or len(found) > _PLACES:
            raise _ambiguous()
        around = Surroundings(self.blocks)
        scored = sorted(
            (around.fit(block, start, end, self.prefix, self.suffix), -n)
            for n, (block, start, end) in enumerate(found)
        )
        (second, _), (best, n) = scored[-2:]
        if best - second < MARGIN and not second < best == 1.0:
            raise _ambiguous()
        return self._made("text", *found[-n])

    def _made(self, kind: Kind, block: Block, start: int | None, end: int | None) -> Origin:
        text, quoted = block.text, start is not None and end is not None
        return Origin(
            self.version,
            kind,
            block.anchors,
            block.headings,
            text,
            block.tag,
            text[start:end] if quoted else "",
            text[max(0, start - CONTEXT) : start] if start is not None else "",
            text[end : end + CONTEXT] if end is not None else "",
            start,
            end,
            block.row,
            block.column,
            label_of(block),
            block.key,
            block.section,
        )


def label_of(block: Block) -> str:
    """Return what to call the element that `block` stands for."""
    if block.key == 0 and block.headings:
        return block.headings[0]
    return block.text[:80]


def _ambiguous() -> Invalid:
    message = "These words occur more than once."
    return _refused("quote", message, "Send prefix and suffix, or block.")


def _refused(field: str, message: str, fix: str) -> Invalid:
    finding = Finding(f"bad_{field}", message, fix, field)
    return Invalid(message, [finding], code="bad_place")


def scrubbed(origin: Origin, section: str) -> Origin:
    """Return `origin` without a word of its text, in `section`, which may be empty."""
    anchors = (section,) if section else ()
    return Origin(origin.version, origin.kind, anchors, key=origin.key, section=section)


def is_scrubbed(origin: Origin) -> bool:
    """Tell whether the words of a place were taken away: any other but the whole plan has a tag."""
    return origin.kind != "document" and not origin.block_tag
