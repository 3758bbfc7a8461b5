"""A version with its threads, as one person reads it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from planpush.comments.placement import WORDS
from planpush.comments.thread import OPEN
from planpush.comments.thread_rows import PlacementRow, ThreadRow, thread_on, threads_on
from planpush.document.anchoring.placement import Placement
from planpush.document.anchoring.target import Origin, is_scrubbed
from planpush.document.diff.words import Word, alike, change
from planpush.errors import NotFound
from planpush.plans.plan import Plan
from planpush.plans.version import Version

ORPHANED = "orphaned"
FEW = 5  # comments that are shown at once
_LISTED = 5  # versions in the menu; the page of all of them has the rest


@dataclass(frozen=True, eq=False)
class Card:
    """A thread and where it is on the version that is read."""

    thread: ThreadRow
    placement: PlacementRow

    @classmethod
    def find(cls, plan: Plan, number: int | None, thread_id: int) -> Card:
        """Return one thread's card on a version, by default the newest.

        Raises `NotFound`, `Purged`.
        """
        return cls(*thread_on(plan, Version.of(plan, number).number, thread_id))

    @cached_property
    def origin(self) -> Origin:
        """Return the place that the thread is about, as it was when somebody chose it."""
        return Origin.from_dict(self.thread.origins[-1])

    @property
    def fingerprint(self) -> str:
        """Name where the thread is, for the forms that change that."""
        return Placement.of(self.placement).fingerprint

    @cached_property
    def then(self) -> str:
        """Return the words that the thread was opened on; empty for a whole element or plan."""
        origin = self.origin
        if origin.kind == "document":
            return ""
        return origin.exact or origin.label or origin.block_text[:300]

    @property
    def quote(self) -> str:
        """Return as many of those words as a card shows, of a cell after its row and column."""
        shown = _cut(self.then, 140)
        if self.thread.kind != "cell":
            return shown
        names = (self.origin.row, self.origin.column)
        return f"{_cut(' · '.join(filter(None, names)), 60)}: {shown}"

    @property
    def label(self) -> str:
        """Return what a screen reader calls this card."""
        comments = self.thread.comments
        by = f" by {comments[0].author.name}" if comments else ""
        then = " ".join(self.then.split())
        on = f" on “{then if len(then) < 80 else then[:79] + '…'}”" if then else ""
        count = f"{len(comments)} {'comment' if len(comments) == 1 else 'comments'}"
        return f"{self.thread.state.capitalize()} thread{by}{on}, {count}"

    @property
    def gist(self) -> str:
        """Return the first words of the thread that were not taken away."""
        bodies = (one.body for one in self.thread.comments if one.deleted_at is None)
        return " ".join(next(bodies, "").split())[:120]

    @property
    def folds(self) -> bool:
        """Tell whether there are so many comments that those in the middle wait to be asked for."""
        return len(self.thread.comments) > FEW

    @property
    def differs(self) -> bool:
        """Tell whether the place says something else today than it did then."""
        changed = self.placement.state in ("edited", "outdated") and not self.purged
        return changed and self.then != self.placement.words

    @property
    def change(self) -> Sequence[Word]:
        """Return how its words, or the block around them, became what stands there now."""
        place, origin = self.placement, self.origin
        if self.purged or place.state in ("exact", "moved"):
            return ()
        if place.state == "edited":
            return change(self.then, place.words)
        if origin.exact and alike(origin.block_text, place.words) and len(place.words) < WORDS:
            return change(origin.block_text, place.words)
        return change(self.then, "")

    @property
    def purged(self) -> bool:
        """Tell whether the words that the thread was opened on were purged."""
        return is_scrubbed(self.origin)


class Reading:
    """One version of a plan with its threads; each part is loaded when it is first asked for.

    `content`: the HTML of the sections is shown, too, so it is loaded with the outline.
    `history` are the last versions, newest first, as many as a menu shows.
    """

    def __init__(self, plan: Plan, number: int | None = None, *, content: bool = False) -> None:
        self.plan, self._with_content = plan, content
        self.version, self.history = Version.with_history(plan, number, last=_LISTED)

    @cached_property
    def pieces(self) -> Sequence[Any]:
        """Return the stored sections in order."""
        return self.version.pieces()

    @cached_property
    def outline(self) -> Sequence[Any]:
        """Return the sections; their content is not needed."""
        return self.pieces if self._with_content else self.version.manifest()

    @cached_property
    def cards(self) -> list[Card]:
        """Return every thread that stands on this version, in document order."""
        order = {row.anchor: index for index, row in enumerate(self.outline)}
        cards = [Card(*placed) for placed in threads_on(self.plan, self.version.number)]
        return sorted(cards, key=lambda card: _position(card, order))

    def card(self, thread_id: int) -> Card:
        """Return one of the cards. Raises `NotFound`."""
        for card in self.cards:
            if card.thread.id == thread_id:
                return card
        raise NotFound("There is no such thread on this version.")

    @property
    def is_newest(self) -> bool:
        """Tell whether this is the plan's newest version."""
        return self.version.number == self.plan.newest

    @cached_property
    def open_by_section(self) -> Counter[str]:
        """Return how many open threads each section has."""
        return Counter(card.placement.section for card in self.cards if card.thread.state == OPEN)

    @cached_property
    def open_count(self) -> int:
        """Return how many open threads stand on this version."""
        return sum(card.thread.state == OPEN for card in self.cards)

    @cached_property
    def by_block(self) -> dict[str, dict[int, list[ThreadRow]]]:
        """Return the threads of each block of each section; key 0 is the section itself."""
        found: dict[str, dict[int, list[ThreadRow]]] = {}
        for card in self.cards:
            if card.placement.section:
                blocks = found.setdefault(card.placement.section, {})
                blocks.setdefault(card.placement.block or 0, []).append(card.thread)
        return found

    @cached_property
    def pins_digest(self) -> str:
        """Name every pin of this reading: while it stays, a page has them all."""
        pins = [
            (anchor, key, [(thread.id, thread.state) for thread in threads])
            for anchor, blocks in sorted(self.by_block.items())
            for key, threads in sorted(blocks.items())
        ]
        named = repr((self.version.number, pins)).encode()
        return hashlib.sha256(named).hexdigest()[:16]


def _cut(text: str, most: int) -> str:
    """Return the whole words that fit; a few letters more are let stand."""
    return text if len(text) <= most + 5 else f"{text[: most - 3].rsplit(' ', 1)[0]}..."


def _position(card: Card, order: dict[str, int]) -> tuple[int, int, int, int]:
    place = card.placement
    return order.get(place.section, -1), place.block or 0, place.start or 0, card.thread.id
