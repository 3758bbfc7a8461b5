"""A version as somebody reads it: its sections, and the threads that sit on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from planpush.content.problem import NotFound
from planpush.content.scrubbing import is_scrubbed
from planpush.models.placement import Placement
from planpush.models.plan import Plan
from planpush.models.thread import OPEN, RESOLVED, Thread
from planpush.models.version import Version

ORPHANED = "orphaned"
SHOWN = ("all", OPEN, RESOLVED, ORPHANED)


@dataclass(frozen=True)
class Card:
    """A thread and where it sits on the version that is read."""

    thread: Thread
    placement: Placement

    @property
    def then(self) -> str:
        """Return the words that the thread was opened on; empty for a whole element or plan."""
        origin = self.thread.origin
        if origin.kind == "document":
            return ""
        return origin.exact or origin.label or origin.block_text[:300]

    @property
    def differs(self) -> bool:
        """Tell whether the place says something else today than it did then."""
        changed = self.placement.state in ("edited", "outdated") and not self.purged
        return changed and self.then != self.placement.words

    @property
    def purged(self) -> bool:
        """Tell whether the words that the thread was opened on were purged."""
        return is_scrubbed(self.thread.origin)


@dataclass(frozen=True)
class Group:
    """The cards of one section, or those that lost their place."""

    anchor: str
    title: str
    cards: Sequence[Card]
    orphaned: bool = False


class Reading:
    """One version of a plan with its threads; each part is loaded when it is first asked for."""

    def __init__(self, plan: Plan, number: int | None = None) -> None:
        self.plan = plan
        self.version = Version.of(plan, number)

    @cached_property
    def pieces(self) -> Sequence[Any]:
        """Return the stored sections in order."""
        return self.version.pieces()

    @cached_property
    def outline(self) -> Sequence[Any]:
        """Return the sections without their content."""
        return self.version.manifest()

    @cached_property
    def cards(self) -> list[Card]:
        """Return every thread that stands on this version, in document order."""
        placed = Placement.on(self.plan, self.version.number)
        order = {row.anchor: index for index, row in enumerate(self.outline)}
        cards = [
            Card(thread, placed[thread.id])
            for thread in Thread.of(self.plan)
            if thread.id in placed
        ]
        return sorted(cards, key=lambda card: _position(card, order))

    def card(self, thread_id: int) -> Card:
        """Return one thread's card. Raises `NotFound`."""
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
    def comment_count(self) -> int:
        """Return how many comments stand on this version."""
        comments = [comment for card in self.cards for comment in card.thread.comments]
        return sum(comment.deleted_at is None for comment in comments)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many threads each tab of the panel holds."""
        states = Counter(card.thread.state for card in self.cards)
        orphans = sum(card.placement.state == ORPHANED for card in self.cards)
        return {
            "all": len(self.cards),
            OPEN: states[OPEN],
            RESOLVED: states[RESOLVED],
            ORPHANED: orphans,
        }

    @cached_property
    def by_block(self) -> dict[str, dict[int, list[Thread]]]:
        """Return the threads of each block of each section; key 0 is the section itself."""
        found: dict[str, dict[int, list[Thread]]] = {}
        for card in self.cards:
            if card.placement.section:
                blocks = found.setdefault(card.placement.section, {})
                blocks.setdefault(card.placement.block or 0, []).append(card.thread)
        return found

    def groups(self, show: str = OPEN, anchor: str = "") -> Iterator[Group]:
        """Yield the cards that a tab shows: those without a place first, then by section."""
        cards = [card for card in self.cards if _shown(card, show, anchor)]
        lost = [card for card in cards if card.placement.state == ORPHANED]
        if lost:
            yield Group("", "No longer in the document", lost, orphaned=True)
        whole = [card for card in cards if not card.placement.section and card not in lost]
        if whole:
            yield Group("", "The whole plan", whole)
        for row in self.outline:
            here = [card for card in cards if card.placement.section == row.anchor]
            if here:
                yield Group(row.anchor, row.title, here)


def _position(card: Card, order: dict[str, int]) -> tuple[int, int, int, int]:
    place = card.placement
    return order.get(place.section, -1), place.block or 0, place.start or 0, card.thread.id


def _shown(card: Card, show: str, anchor: str) -> bool:
    if anchor and card.placement.section != anchor:
        return False
    if show == ORPHANED:
        return card.placement.state == ORPHANED
    return show == "all" or card.thread.state == show
