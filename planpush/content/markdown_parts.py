"""What Markdown is made of besides words: blocks, list items, rows, cells, terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from planpush.content.markdown_text import glue, indented, paragraph, rows

_MOST = 50  # columns or rows that one cell may span

Piece: TypeAlias = "str | Block | Item | Cell | Row | Part"


class Block:
    """Lines that stand between empty lines."""

    def __init__(self, given: Sequence[str]) -> None:
        self.given = list(given)

    def lines(self) -> list[str]:
        """Return the lines."""
        return self.given


class Items(Block):
    """A list. Two in a row need different markers to stay two."""

    def __init__(self, items: Sequence[Item], start: int | None) -> None:
        super().__init__(())
        self.items, self.start, self.other = items, start, False

    @property
    def apart(self) -> bool:
        """Tell whether this must stand behind an empty line to be a list at all."""
        return self.start not in (None, 1) or not self.items[0].lines

    def lines(self) -> list[str]:
        """Return the items behind their markers; `other` asks for the second kind of them."""
        loose, other, made = any(item.loose for item in self.items), self.other, list[str]()
        for n, item in enumerate(self.items):
            mark = "*-"[not other] if self.start is None else f"{self.start + n}{'.)'[other]}"
            made += [""] if loose and n else []
            made += indented(item.lines or [""], f"{mark} ", " " * (len(mark) + 1))
        return made


class Item:
    """One item of a list."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        blocks = blocks_of(pieces)
        self.loose = any(not isinstance(block, Items) or block.apart for block in blocks[1:])
        self.lines = joined(blocks, loose=self.loose)


class Cell:
    """One cell of a table."""

    def __init__(self, text: str, *, columns: str, rows: str, head: bool) -> None:
        self.text, self.head = text, head
        self.columns, self.rows = _span(columns), _span(rows)


class Row:
    """One row of a table."""

    def __init__(self, pieces: Iterable[Piece], *, head: bool) -> None:
        self.cells = [piece for piece in pieces if isinstance(piece, Cell)]
        self.head = head or (bool(self.cells) and all(cell.head for cell in self.cells))


class Part:
    """A term (`dt`) or what is said of it (`dd`)."""

    def __init__(self, pieces: Sequence[Piece], *, term: bool) -> None:
        self.pieces, self.term = pieces, term


def _span(said: str) -> int:
    return max(1, min(int(said), _MOST)) if said.isascii() and said.isdigit() else 1


def split(pieces: Iterable[Piece]) -> tuple[list[str], list[Piece]]:
    """Return the words that stand first, and the pieces from the first block on."""
    lead, rest = list[str](), list[Piece]()
    for piece in pieces:
        if isinstance(piece, str) and not rest:
            lead.append(piece)
        else:
            rest.append(piece)
    return lead, rest


def blocks_of(pieces: Iterable[Piece]) -> list[Block]:
    """Return pieces as blocks: words between blocks are paragraphs."""
    made, said = list[Block](), list[str]()
    for piece in [*pieces, None]:
        if isinstance(piece, str):
            said.append(piece)
            continue
        lines = paragraph(said)
        said = []
        made += [Block(lines)] if lines else []
        made += [piece] if isinstance(piece, Block) else []
    return made


def joined(blocks: Sequence[Block], *, loose: bool = True) -> list[str]:
    """Return the lines of blocks with empty lines between; lists that follow a list differ."""
    made, before = list[str](), None
    for block in blocks:
        again = isinstance(block, Items) and isinstance(before, Items)
        if isinstance(block, Items) and isinstance(before, Items):
            block.other = not before.other
        made += [""] if made and (loose or again) else []
        made += block.lines()
        before = block
    return made


def flowing(pieces: Iterable[Piece]) -> str:
    """Return pieces as words on one line."""
    return " ".join(rows(glue(piece for piece in pieces if isinstance(piece, str))))


def celled(pieces: Iterable[Piece]) -> str:
    """Return pieces as a cell's text."""
    return "<br>".join(rows(glue(piece for piece in pieces if isinstance(piece, str))))


def quoted(pieces: Iterable[Piece]) -> list[Block]:
    """Return pieces as a block quote."""
    lines = joined(blocks_of(pieces))
    return [Block(indented(lines, "> ", "> "))] if lines else []


def table(found: Sequence[Row]) -> list[Block]:
    """Return rows as a table: the first is its head, if that names columns, else an empty one."""
    spread = _spread(found)
    if not spread:
        return []
    width = max(map(len, spread))
    if not found[0].head:
        spread.insert(0, [])
    head = spread[0] + [""] * (width - len(spread[0]))
    lines = [_line(head), _line(["---"] * width), *map(_line, spread[1:])]
    return [Block(lines)]


def _line(cells: Iterable[str]) -> str:
    return "| " + "".join(f"{cell} | " for cell in cells).rstrip()


def _spread(found: Sequence[Row]) -> list[list[str]]:
    """Return the texts by column: what a cell spans besides its place is empty."""
    made, taken = list[list[str]](), dict[int, int]()
    for row in found:
        texts, left = list[str](), dict[int, int]()
        for cell in row.cells:
            while taken.get(len(texts)):
                left[len(texts)] = taken[len(texts)] - 1
                texts.append("")
            if cell.columns == 1 and cell.rows > 1:
                left[len(texts)] = cell.rows - 1
            texts += [cell.text, *[""] * (cell.columns - 1)]
        left |= {at: more - 1 for at, more in taken.items() if at >= len(texts)}
        made.append(texts)
        taken = left
    return made


def definitions(parts: Iterable[Part]) -> list[Item]:
    """Return terms with what is said of them as items: `term: words`."""
    groups = list[tuple[list[str], list[Sequence[Piece]]]]()
    for part in parts:
        if not groups or (part.term and groups[-1][1]):
            groups.append(([], []))
        if part.term:
            groups[-1][0].append(flowing(part.pieces))
        elif blocks_of(part.pieces):
            groups[-1][1].append(part.pieces)
    return [_definition(terms, said) for terms, said in groups]


def _definition(terms: Sequence[str], said: Sequence[Sequence[Piece]]) -> Item:
    named = ", ".join(term for term in terms if term)
    if len(said) != 1:
        more = [Items([Item(pieces) for pieces in said], None)] if said else []
        return Item([named, *more])
    lead, rest = split(said[0])
    return Item([f"{named}: " if named else "", *lead, *rest])
