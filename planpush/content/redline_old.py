"""What is shown of an older version: removed blocks as they were, and where others moved away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planpush.content.redline_marks import Bare, box, boxed, fits, marked, place_in, said, stand_in
from planpush.content.redline_mix import DEL, whole
from planpush.content.redline_pairs import Pairs
from planpush.content.redline_tree import Element, Run, Tree

_ID = re.compile(r' id="([^"]*)"')


class Old:
    """What is written of older sections; `mark` is in names that no document can have."""

    def __init__(self, pairs: Pairs, mark: str) -> None:
        self.pairs, self.mark = pairs, mark
        self.bare = Bare(f".was-{mark}")

    def name(self, now: Element) -> str:
        """Return the id of an element that moved: its own, or one that it gets."""
        own = _ID.search(now.attributes)
        return own[1] if own else f"d-moved-{self.mark}.{now.tree.anchor}.{now.start}"

    def gone(self, tree: Tree, item: Element | Run, place: str, linked: bool) -> Iterator[str]:
        """Yield what is shown of an item that is no more, or no more in this place."""
        if isinstance(item, Run):
            html = whole(tree.raw(item), "removed", linked, self.bare) if place != "nothing" else ""
            yield boxed(place, html, "removed") if html else ""
        elif (now := self.pairs.after.get(item)) is not None:
            yield stand_in(place, self.name(now), linked)
        elif place == "words":
            text = said(item.html).strip()
            yield f" {DEL}{text}</del> " if text else ""
        elif item.atom:
            yield boxed(place, f"{DEL}{self.bare(item.html)}</del>", "removed")
        elif place != "nothing":
            yield from self._taken_apart(tree, item, place, linked)

    def _taken_apart(self, tree: Tree, item: Element, place: str, linked: bool) -> Iterator[str]:
        start, end = self._tags(item, place, linked)
        yield start
        inside = place_in(item) if fits(item.tag, place) else "flow"
        for child in item.items():
            yield from self.gone(tree, child, inside, linked)
        yield end

    def _tags(self, item: Element, place: str, linked: bool) -> tuple[str, str]:
        """Return the tags around what was in an element, such as fit into a place."""
        if linked and item.tag == "a":
            return "", ""
        if fits(item.tag, place):
            start, end = item.tags
            return marked(self.bare(start), "removed"), end
        if place == "flow":
            return '<div data-diff="removed">', "</div>"
        return box(place, "removed")
