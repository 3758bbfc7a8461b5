"""Markdown building blocks: lists, tables, emphasis and escaping.

A line break is "\n" in a piece; no other piece has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import quote

from planpush.document.html.tree import collapse

_ADDRESS = re.compile(r"https?://[\w\-.~:/?#@!$&'()*+,;=%]*[\w/#=%]", re.ASCII)
# Before each: to split there and join costs a quarter of a replacement for each.
_SPECIAL = re.compile(r"(?=[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=[A-Za-z#])|!\Z)")
_START = re.compile(r"[#+\-=]|:(?=-)|[0-9]{1,9}(?=[.)](?:\s|\Z))")
_TICKS = re.compile("`+")
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_KEPT = "-._~:/?#@!$&'*+,;=%"


class Marked(str):
    """A piece between marks that a parser sees only in the right company; `plain` is without."""

    __slots__ = ("plain",)
    plain: str

    @classmethod
    def of(cls, marked: str, plain: str) -> Marked:
        """Return the piece."""
        made = cls(marked)
        made.plain = plain
        return made


def escape(text: str) -> str:
    """Return `text` so that a Markdown parser gives it back, web addresses as links."""
    text, pieces, last = collapse(text), [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [_escape(text[last : match.start()]), f"<{match[0]}>"]
        last = match.end()
    return "".join([*pieces, _escape(text[last:])])


def _escape(text: str) -> str:
    return "\\".join(_SPECIAL.split(text))


def words(text: str) -> str:
    """Return `text` escaped, web addresses too: for what stands in a link."""
    return _escape(collapse(text))


def code(text: str, *, cell: bool = False) -> list[str]:
    """Return a code span of `text`."""
    text = collapse(text).strip(" ")
    if not text:
        return []
    fence = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    shown = f"{fence}{pad}{text}{pad}{fence}"
    return [Marked.of(shown.replace("|", r"\|") if cell else shown, _escape(text))]


def fence(text: str, language: str = "") -> list[str]:
    """Return the lines of a code block; no run of backticks inside can end it."""
    ticks = "`" * max(3, max(map(len, _TICKS.findall(text)), default=0) + 1)
    return [ticks + language, *text.strip("\n").split("\n"), ticks]


def emphasise(content: str, mark: str) -> list[str]:
    """Return `content` between marks; white space at its ends stays outside."""
    inner = content.strip()
    if not inner:
        return [content]
    lead = content[: len(content) - len(content.lstrip())]
    tail = content[len(content.rstrip()) :]
    return [piece for piece in (lead, Marked.of(mark + inner + mark, inner), tail) if piece]


def link(text: str, href: str, base: str) -> str:
    """Return a link, or its words alone where `href` is no address that Markdown may carry."""
    target = base + href if href.startswith("#") else href
    text = text.replace("\n", " ").strip()
    if not text or not _LINK.match(target):
        return text
    if text == words(target) and _ADDRESS.fullmatch(target):
        return f"<{target}>"
    return f"[{text}]({quote(target, safe=_KEPT).replace('&', '&amp;')})"


def glue(pieces: Iterable[str]) -> str:
    """Return pieces as one text; marks that a parser would not see there are left out."""
    parts = [piece for piece in pieces if piece]
    made, before = [], ""
    for n, part in enumerate(parts):
        behind = parts[n + 1][0] if n + 1 < len(parts) else ""
        shown = part
        if isinstance(part, Marked) and not _seen(part, before, behind):
            shown = part.plain
        made.append(shown)
        before = shown[-1:] or before
    return "".join(made)


def _seen(part: Marked, before: str, behind: str) -> bool:
    """Tell whether the marks of `part` open and close between these characters (CommonMark 6.2)."""
    mark = part[0]
    if mark == "`":
        return "`" not in (before, behind)
    if before in ("*", "~") or behind in ("*", "~"):
        return False
    inner = part.strip(mark)
    return bool(inner) and _beside(inner[0], before) and _beside(inner[-1], behind)


def _beside(inside: str, outside: str) -> bool:
    return not _punctuation(inside) or not outside or outside.isspace() or _punctuation(outside)


def _punctuation(mark: str) -> bool:
    return unicodedata.category(mark)[0] in "PS"


def rows(text: str) -> list[str]:
    """Return the lines of glued pieces, without empty ones."""
    lines = [re.sub(" {2,}", " ", line).strip(" ") for line in text.split("\n")]
    return [line for line in lines if line]


def paragraph(pieces: Iterable[str]) -> list[str]:
    """Return a paragraph's lines; none can begin anything but a paragraph."""
    lines = [_harmless(line) for line in rows(glue(pieces))]
    return [line + "\\" for line in lines[:-1]] + lines[-1:]


def _harmless(line: str) -> str:
    start = _START.match(line)
    if start is None:
        return line
    digits = start.end() if start[0].isdigit() else 0
    return f"{line[:digits]}\\{line[digits:]}"


def indented(lines: Sequence[str], first: str, rest: str) -> list[str]:
    """Return `lines` behind a marker; empty ones get no white space."""
    return [
        ((rest if n else first) + line).rstrip() if line else (rest if n else first).rstrip()
        for n, line in enumerate(lines)
    ]


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
