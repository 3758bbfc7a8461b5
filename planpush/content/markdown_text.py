"""Words as Markdown: what must be escaped, and emphasis only where a parser will see it.

A line break is "\\n" in a piece; no other piece has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from planpush.content.element_tree import collapse

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
