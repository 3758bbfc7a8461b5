"""Two versions as one document: what came and went is marked in the newer one's HTML.

Each newer section is walked once: its tags stay as they are, and every word of the older version
is written once, in a `<del>` or where it is still. So without our `<del>` it is the newer text, and
without our `<ins>`, with what moved put back to where a stand-in is, the older one. Ours have a
`data-diff`, which no pushed document can have. See `redline_tree` for the parts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from planpush.content.comparison import Compared
from planpush.content.effort import Effort
from planpush.content.redline_marks import marked_whole, stand_in
from planpush.content.redline_old import Old
from planpush.content.redline_pairs import Pairs
from planpush.content.redline_tree import Tree
from planpush.content.redline_writer import Budget, Writer
from planpush.content.sanitise import clean_compared

MOST = 1_000_000
"""Characters of changed blocks that are compared word by word; the rest is shown whole."""

RENDERED = 2_400_000
"""Characters of HTML of sections that differ, of both versions, that are taken apart."""

MARKED = 10_000
"""Blocks that differ and are marked one by one: nobody steps through more on one page."""

_WHOLE = ("same", "moved")


@dataclass(frozen=True, slots=True)
class Redlined:
    """A section as it is shown. `html` is safe; "" of one that nobody asked for.

    `counts` are of its blocks, by state: "added", "removed", "changed", "moved". A section that
    moved is there twice: where it was with `is_stand_in`, without its text. `is_coarse`: too much
    changed to mark all of it word by word.
    """

    compared: Compared
    html: str
    counts: Mapping[str, int]
    is_stand_in: bool = False
    is_coarse: bool = False


def redline(
    found: Sequence[Compared], old: Mapping[str, str], new: Mapping[str, str], order: Sequence[str]
) -> list[Redlined]:
    """Return the sections of a comparison as one document.

    `old` and `new` are the stored HTML of sections by their anchors: of all that differ, and of
    others that are wanted. `order` are the older version's anchors.
    """
    page = _Page(found, old, new)
    return list(_ordered([page.shown(one) for one in found], order))


def _counts(one: Compared) -> Mapping[str, int]:
    return Counter(change.state for change in one.changes)


class _Page:
    """The trees of all sections that differ, and what in them is the same."""

    def __init__(
        self, found: Sequence[Compared], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        self.stored, self.stored_old = new, old
        efforts = Effort(RENDERED), Effort(MARKED)
        told = [one for one in found if one.state not in _WHOLE]
        self.wholes = {one.part.anchor for one in told if not self._is_taken_apart(one, *efforts)}
        apart = [one for one in told if one.part.anchor not in self.wholes]
        was = [one.was.anchor for one in apart if one.was]
        now = [one.part.anchor for one in apart if one.state != "removed"]
        olds = {anchor: Tree(anchor, old[anchor]) for anchor in was}
        news = {anchor: Tree(anchor, new[anchor]) for anchor in now}
        went = {one.was.anchor: one.went for one in apart if one.was}
        self.pairs = Pairs(olds, news, went)
        self.pairs.note_moves(_moved(apart))
        for one in apart:
            if one.was and one.state != "removed":
                self.pairs.pair_sections(olds[one.was.anchor], news[one.part.anchor])
        self.old = Old(
            self.pairs, _digest("".join(text for side in self._texts(told) for text in side))
        )
        self.budget = Budget(MOST)

    def _texts(self, told: Sequence[Compared]) -> Iterator[tuple[str, str]]:
        """Yield the HTML of sections that differ, before and after ("": there is none)."""
        for one in told:
            yield (
                self.stored_old[one.was.anchor] if one.was else "",
                self.stored[one.part.anchor] if one.state != "removed" else "",
            )

    def _is_taken_apart(self, one: Compared, rendered: Effort, marks: Effort) -> bool:
        [(was, now)] = self._texts([one])
        return (
            not one.is_whole
            and marks.allows(len(one.changes))
            and rendered.allows(len(was) + len(now))
        )

    def shown(self, one: Compared) -> Redlined:
        """Return a section as it is shown."""
        before = self.budget.refused
        if one.part.anchor not in self.wholes:
            html = self.section(one)
            return Redlined(one, html, _counts(one), is_coarse=self.budget.refused > before)
        [(was, now)] = self._texts([one])
        # What is stored is safe: only names in what is gone were changed.
        gone = clean_compared(marked_whole(self.old.bare(was), "removed"))
        html = gone + marked_whole(now, "added")
        return Redlined(one, html, _counts(one), is_coarse=bool(was and now))

    def section(self, one: Compared) -> str:
        """Return a section's HTML, made safe again."""
        anchor = one.part.anchor
        if one.state in _WHOLE:
            html = self.stored.get(anchor, "")
            if not (html and one.moved):
                return html
            return clean_compared(marked_whole(html, "moved"))
        if one.state == "removed":
            tree = self.pairs.old[anchor]
            return clean_compared("".join(self.old.gone(tree, tree.root, "flow", linked=False)))
        tree = self.pairs.new[anchor]
        came = tree.root in self.pairs.before
        state = "moved" if one.moved or (came and not one.was) else "" if came else "added"
        writer = Writer(self.pairs, tree, self.old, self.budget)
        return clean_compared(writer.section(state))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:10]


def _moved(told: Sequence[Compared]) -> Iterator[tuple[str, int]]:
    for one in told:
        for change in one.changes:
            if change.state == "moved" and change.after:
                yield change.after.section, change.after.key


def _ordered(made: Sequence[Redlined], order: Sequence[str]) -> Iterator[Redlined]:
    """Yield the sections, and where one was that moved, its stand-in."""
    known = {one.compared.was.anchor: one for one in made if one.compared.was}
    behind: dict[str, list[Redlined]] = defaultdict(list)
    last = ""
    for anchor in order:
        one = known.get(anchor)
        if one is None or not one.compared.moved:
            last = anchor
        else:
            link = stand_in("flow", f"s-{one.compared.part.anchor}", linked=False)
            behind[last].append(Redlined(one.compared, link, {}, is_stand_in=True))
    yield from behind.pop("", ())
    for one in made:
        yield one
        if one.compared.was and not one.compared.moved:
            yield from behind[one.compared.was.anchor]
