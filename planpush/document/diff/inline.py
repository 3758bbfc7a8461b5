"""Merges two runs of inline markup with `<ins>` and `<del>` around changed words.

The tags of the newer run stay as they are, so the result is as balanced as it was. What the older
one had more is put between them, with its own markup as far as that can stand there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz.distance import Indel

from planpush.document.diff.alignment import common, numbers
from planpush.document.html.tokens import TAG, VOID

MOST = 100_000
"""Characters of a run, or of two together, that are compared word by word."""

_MATRIX = 40_000_000
_LEAST = 0.25  # of the letters must be the same, or the two are not mixed
_SVG = r"<svg\b.*?</svg>|<[^<>]*>"
_PIECE = re.compile(rf"{_SVG}|&[#\w]+;|\w+|\s+|[^\w\s<]", re.DOTALL)
_LINE = re.compile(rf"{_SVG}|\n|[^<\n]+", re.DOTALL)
_OPEN = re.compile(r"<([A-Za-z][^\s<>]*)")
_LINE_TAG = re.compile(r'<span(?: [^<>]*)? class="(?:[^"]* )?(?:a|d|hunk)(?: [^"]*)?"')
_BLANK = re.compile(r"(?:\s|&nbsp;|<br(?: [^<>]*)?>|<hr(?: [^<>]*)?>)+")


class Piece(NamedTuple):
    """A word or a tag as it stands; `stack` are the tags around a word. A tag has no key."""

    raw: str
    key: str
    stack: tuple[str, ...]


@dataclass(slots=True)
class Unit:
    """What is compared: a word, or of code a line."""

    key: str = ""
    pieces: list[Piece] = field(default_factory=list)


def pieces(raw: str, lines: bool) -> list[Piece]:
    """Return the words and tags of a run."""
    found: list[Piece] = []
    stack: tuple[str, ...] = ()
    for text in (_LINE if lines else _PIECE).findall(raw):
        if not text.startswith("<"):
            blank = not lines and (text.isspace() or text == "&nbsp;")
            found.append(Piece(text, " " if blank else text, stack))
        elif text.startswith(("<br", "<hr")):
            found.append(Piece(text, "\n" if lines else " ", stack))
        elif text.startswith("<img"):
            found.append(Piece(text, text, stack))
        else:
            found.append(Piece(text, "", stack))
            stack = stacked(stack, text)
    return found


def stacked(stack: tuple[str, ...], tag: str) -> tuple[str, ...]:
    """Return which tags are open behind a tag."""
    if tag.startswith("</"):
        return stack if tag == "</svg>" else stack[:-1]
    opened = _OPEN.match(tag)
    return stack if opened is None or opened[1] in (*VOID, "svg") else (*stack, tag)


def name_of(tag: str) -> str:
    """Return the name of a start tag."""
    opened = _OPEN.match(tag)
    return opened[1] if opened else ""


def units(found: Sequence[Piece], lines: bool) -> list[Unit]:
    """Return the words of a run, or its lines."""
    if not lines:
        return [Unit(piece.key, [piece]) for piece in found if piece.key]
    made, line = [], Unit()
    for piece in found:
        if piece.key:
            line.pieces.append(piece)
        ends = piece.key == "\n" or (not piece.key and _ends_line(piece))
        if ends and line.pieces:
            made.append(line)
            line = Unit()
    made += [line] if line.pieces else []
    for one in made:
        one.key = "".join(piece.key for piece in one.pieces).removesuffix("\n") or "\n"
    return made


def _ends_line(tag: Piece) -> bool:
    """Tell whether a tag starts or ends one of the lines of a diff, which are spans."""
    around = tag.stack[-1] if tag.raw.startswith("</") and tag.stack else tag.raw
    return bool(_LINE_TAG.match(around))


def before_line(stack: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags around one of the lines of a diff."""
    return next((stack[:n] for n, tag in enumerate(stack) if _LINE_TAG.match(tag)), stack)


Step = tuple[int, int, int, int]


def steps(old: Sequence[Unit], new: Sequence[Unit]) -> list[Step]:
    """Return where units differ, as `(old from, old to, new from, new to)`."""
    a, b = [unit.key for unit in old], [unit.key for unit in new]
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    x, y = len(a) - tail, len(b) - tail
    if sum(map(len, a[head:x])) + sum(map(len, b[head:y])) > MOST:
        return [(head, x, head, y)]
    return [
        (head + i, head + j, head + k, head + n)
        for i, j, k, n in _joined(list(_gaps(a[head:x], b[head:y])), a[head:x])
    ]


def _gaps(a: list[str], b: list[str]) -> Iterator[Step]:
    """Yield the stretches that are not the same."""
    if len(a) * len(b) <= _MATRIX:
        blocks = [(m.a, m.b, m.size) for m in Indel.editops(a, b).as_matching_blocks()]
    else:
        blocks = [*((x, y, 1) for x, y in common(*numbers(a, b))), (len(a), len(b), 0)]
    x = y = 0
    for i, j, size in blocks:
        if i > x or j > y:
            yield x, i, y, j
        x, y = i + size, j + size


def _joined(gaps: list[Step], a: list[str]) -> list[Step]:
    """Return the gaps; a blank between two is part of them."""
    found: list[Step] = []
    for gap in gaps:
        last = found[-1] if found else None
        if last and all(_BLANK.fullmatch(key) for key in a[last[1] : gap[0]]):
            found[-1] = last[0], gap[1], last[2], gap[3]
        else:
            found.append(gap)
    return found


def are_alike(
    old: Sequence[Unit], new: Sequence[Unit], changed: Sequence[Step], around: int
) -> bool:
    """Tell whether enough is the same to read two as one; so many letters are `around`."""
    sizes = [
        around + sum(len(unit.key) for unit in side if unit.key.strip()) for side in (old, new)
    ]
    lost = sum(len(u.key) for a, b, _, _ in changed for u in old[a:b] if u.key.strip())
    return sizes[0] - lost >= _LEAST * max(sizes)


_SILENT = re.compile(r"<svg\b.*?</svg>|<(?!img)[^<>]*>|\s+|&nbsp;", re.DOTALL)
_TRIES = 8


def trimmed(old: str, new: str) -> tuple[int, int]:
    """Return the lengths of what is the same at the start and at the end of two runs.

    Both end at a space outside of all tags, so that what is between them reads as it did before.
    """
    n, m = len(old), len(new)
    least = min(n, m)
    head = bisect_right(range(1, least + 1), False, key=lambda k: old[:k] != new[:k])
    rest = range(1, least - head + 1)
    tail = bisect_right(rest, False, key=lambda k: old[n - k :] != new[m - k :])
    return _head(old, new, head), _tail(old, new, tail)


def letters(part: str) -> int:
    """Return how many letters are in a part of a run, without its tags and spaces."""
    return len(_SILENT.sub("", part))


def _head(old: str, new: str, same: int) -> int:
    """Return where the last word of the same start begins, outside of all tags."""
    for start, end in reversed(_plain(old, 0, same, from_end=False)):
        at = end
        for _ in range(_TRIES):
            at = old.rfind(" ", start, at)
            if at < 0:
                break
            if not (old[at + 1 : at + 2].isspace() or new[at + 1 : at + 2].isspace()):
                return at + 1
    return 0


def _tail(old: str, new: str, same: int) -> int:
    """Return how far from the end the first space of the same end is, outside of all tags."""
    shift = len(new) - len(old)
    for start, end in _plain(old, len(old) - same, len(old), from_end=True):
        at = start - 1
        for _ in range(_TRIES):
            at = old.find(" ", at + 1, end)
            if at < 0:
                break
            before = old[at - 1 : at], new[at + shift - 1 : at + shift]
            if all(before) and not any(one.isspace() for one in before):
                return len(old) - at
    return 0


def _plain(run: str, start: int, end: int, *, from_end: bool) -> list[tuple[int, int]]:
    """Return where text is that no tag is around, in a part of a run at its start or its end."""
    if run.find("<", start, end) < 0 and run.find(">", start, end) < 0:
        return [(start, end)]
    found = list(_texts(run, start, end))
    outside = found[-1][2] if from_end else 0
    return [(a, b) for a, b, depth in found if depth == outside and a < b]


def _texts(run: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the texts between tags and how many are open around them; halves of tags are none."""
    depth, at = 0, start
    closed, opened = run.find(">", start, end), run.find("<", start, end)
    if closed >= 0 and (opened < 0 or closed < opened):
        at = closed + 1
    for tag in TAG.finditer(run, at, end):
        yield at, tag.start(), depth
        at = tag.end()
        depth += 0 if tag[2] in VOID else -1 if tag[1] else 1
    half = run.find("<", at, end)
    yield at, half if half >= 0 else end, depth


INS, DEL = '<ins data-diff="added">', '<del data-diff="removed">'

Bare = Callable[[str], str]
_REOPENED = 5_000
"""Characters of old tags that are written once more in any run; a long one may have more."""


def mixed(old: str, new: str, *, lines: bool, linked: bool, bare: Bare) -> str:
    """Return the run `new` with what became of `old` marked in it.

    `lines`: it is code. `linked`: a link is around it. `bare` takes from an old tag what may be on
    a page only once.
    """
    head, tail = (0, 0) if lines else trimmed(old, new)
    was, now = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(was), len(now)) > 4 * MOST:
        return whole(old, "removed", linked, bare) + whole(new, "added", linked, bare)
    before, after = pieces(was, lines), pieces(now, lines)
    a, b = units(before, lines), units(after, lines)
    changed = steps(a, b)
    if not changed:
        return new
    grown = _reopened_size(a, changed, lines) > _REOPENED + 2 * (len(old) + len(new))
    around = letters(new[:head] + new[len(new) - tail :])
    if grown or (not lines and not are_alike(a, b, changed, around)):
        return whole(old, "removed", linked, bare) + whole(new, "added", linked, bare)
    middle = _Mixer(a, b, lines, linked, bare).write(after, changed)
    return "".join([new[:head], *middle, new[len(new) - tail :]])


def _reopened_size(old: Sequence[Unit], changed: Sequence[Step], lines: bool) -> int:
    """Return how much of the old words' tags is repeated: around each gap, of code each line."""
    starts = (at for i, j, _, _ in changed for at in range(i, j if lines else min(i + 1, j)))
    return sum(len(tag) for at in starts for tag in old[at].pieces[0].stack)


def whole(run: str, state: str, linked: bool, bare: Bare) -> str:
    """Return a run that was added or removed as a whole; a picture beside words stays outside."""
    is_plain = not any(tag in run for tag in ("<svg", "<input", "<img"))
    if is_plain and not TAG.sub("", run).strip():
        return run if state == "added" else ""
    if state == "removed":
        if is_plain and not (linked and "<a" in run):
            return f"{DEL}{bare(run)}</del>"
        found = [piece for piece in pieces(run, lines=False) if piece.key]
        return removed(found, ["a"] if linked else [], bare)
    if is_plain:
        return f"{INS}{run}</ins>"
    after = pieces(run, lines=False)
    made = units(after, lines=False)
    return "".join(_Mixer([], made, False, linked, bare).write(after, [(0, 0, 0, len(made))]))


def removed(found: Sequence[Piece], around: Sequence[str], bare: Bare) -> str:
    """Return old words in a `<del>`, with their tags but those that are `around` already."""
    said: list[str] = []
    opened: tuple[str, ...] = ()
    for piece in found:
        if piece.stack != opened:
            said += _reopened(opened, piece.stack, around, bare)
            opened = piece.stack
        said.append(bare(piece.raw) if piece.raw.startswith("<") else piece.raw)
    said += _reopened(opened, (), around, bare)
    return f"{DEL}{''.join(said)}</del>" if said else ""


def _reopened(
    old: tuple[str, ...], new: tuple[str, ...], around: Sequence[str], bare: Bare
) -> Iterator[str]:
    """Yield what closes some tags and opens others."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    for stack, start in ((old[same:][::-1], False), (new[same:], True)):
        for tag in stack:
            if name_of(tag) not in around:
                yield bare(tag) if start else f"</{name_of(tag)}>"


class _Mixer:
    """Writes a newer run with the older one's words in between."""

    def __init__(
        self, old: Sequence[Unit], new: Sequence[Unit], lines: bool, linked: bool, bare: Bare
    ) -> None:
        self.old, self.new, self.linked, self.bare = old, new, linked, bare
        self.lines, self.written = lines, 0
        self.breaks = any(unit.pieces[-1].key == "\n" for unit in [*old, *new])
        self.out: list[str] = []
        self.tags: list[Piece] = []
        self.inside = False

    def write(self, after: Sequence[Piece], changed: Sequence[Step]) -> list[str]:
        """Return the pieces of the run."""
        starts = {k: (i, j) for i, j, k, n in changed if i < j}
        added = {at for _, _, k, n in changed for at in range(k, n)}
        owner = {id(piece): at for at, unit in enumerate(self.new) for piece in unit.pieces}
        last = -1
        for piece in after:
            if not piece.key:
                self._end()
                self.tags.append(piece)
                continue
            at = owner[id(piece)]
            if at != last and at in starts:
                self._remove(*starts[at], piece.stack)
            last = self.written = at
            self._say(piece, at in added)
        self.written = len(self.new)
        if len(self.new) in starts:
            self._remove(*starts[len(self.new)], ())
        self._flush(len(self.tags))
        self._end()
        return self.out

    def _say(self, piece: Piece, is_added: bool) -> None:
        self._flush(len(self.tags))
        if is_added != self.inside:
            self.out.append(INS if is_added else "</ins>")
            self.inside = is_added
        self.out.append(piece.raw)
        if piece.key == "\n":
            self._end()

    def _end(self) -> None:
        if self.inside:
            self.out.append("</ins>")
            self.inside = False

    def _flush(self, until: int) -> None:
        self.out += [tag.raw for tag in self.tags[:until]]
        del self.tags[:until]

    def _remove(self, first: int, last: int, stack: tuple[str, ...]) -> None:
        """Put old units where the tags around them are most like those they had."""
        self._end()
        found = [unit.pieces for unit in self.old[first:last]]
        around = found[0][0].stack
        if self.lines:
            around = before_line(around)
        wanted = tuple(name_of(tag) for tag in around)
        places = [tag.stack for tag in self.tags] + [stack]
        if self.tags:
            places[-1] = stacked(self.tags[-1].stack, self.tags[-1].raw)
        names = [tuple(name_of(tag) for tag in place) for place in places]
        start = next((n for n, tag in enumerate(self.tags) if not _is_picture(tag)), len(self.tags))
        best = max(
            range(start, len(names)),
            key=lambda at: (_shared(names[at], wanted), -at),
        )
        self._flush(best)
        opened = [*names[best], *["a"][: self.linked]]
        if not self.lines:
            found = [[piece for one in found for piece in one]]
        for at, one in enumerate(found, first):
            self.out.append(removed(self._apart(at, one), opened, self.bare))

    def _apart(self, at: int, line: list[Piece]) -> list[Piece]:
        """Return a line that is gone with a line end where the last line has none."""
        end = Piece("\n", "\n", line[-1].stack)
        if not self.breaks or at < len(self.old) - 1:
            return line
        if self.written < len(self.new):
            return line if line[-1].key == "\n" else [*line, end]
        return line if self._is_at_start() else [end, *line]

    def _is_at_start(self) -> bool:
        """Tell whether a line ended just before, or none began."""
        text = next((TAG.sub("", one) for one in reversed(self.out) if TAG.sub("", one)), "\n")
        return text.endswith("\n")


def _is_picture(tag: Piece) -> bool:
    """Tell whether a tag is an icon or a control: they stay in front of the words."""
    return tag.raw.startswith(("<svg", "<input"))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """Return how many tags two stacks share, and how many they do not (fewer are better)."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same, 2 * same - len(one) - len(other)
