"""Two runs of text with inline markup, mixed into one: `<ins>` and `<del>` around the words.

The tags of the newer run stay as they are, so the result is as balanced as it was. What the older
one had more is put between them, with its own markup as far as that can stand there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from planpush.content.redline_trim import letters, trimmed
from planpush.content.redline_words import (
    MOST,
    Piece,
    Step,
    Unit,
    are_alike,
    before_line,
    name_of,
    pieces,
    stacked,
    steps,
    units,
)
from planpush.content.tokens import TAG

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
