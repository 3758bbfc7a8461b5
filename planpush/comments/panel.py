"""The comment panel: which threads, in which order, how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Self
from urllib.parse import urlencode

from sqlalchemy import select

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.placement import Placement
from planpush.comments.thread import OPEN, RESOLVED, Thread
from planpush.comments.thread_rows import Author
from planpush.comments.version_view import ORPHANED, Card
from planpush.database.session import db
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.unseen import Since

MENTIONS, NEW = "mentions", "new"
TABS = {"all": "All", OPEN: "Open", RESOLVED: "Resolved", MENTIONS: "Mentions"}
SHOWN = (*TABS, ORPHANED, NEW)
_MOST = 40  # threads that a page may ask for by number


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody wants to see: a tab, the threads of one person, those of one section.

    `kept` are threads that stay in sight whatever the rest says; `whole` are those unfolded.
    """

    show: str = OPEN
    by: int | None = None
    anchor: str = ""
    kept: tuple[int, ...] = ()
    whole: tuple[int, ...] = ()

    def keeping(self, *threads: int) -> Self:
        """Return this filter with threads that stay in sight."""
        return replace(self, kept=_joined(self.kept, threads))

    def unfolding(self, *threads: int) -> Self:
        """Return this filter with threads that are shown in full."""
        return replace(self, whole=_joined(self.whole, threads))

    def folding(self, thread: int) -> Self:
        """Return this filter with a thread in short."""
        return replace(self, whole=tuple(one for one in self.whole if one != thread))

    @property
    def as_query(self) -> str:
        """Return all of this as a query: what an open page remembers."""
        pairs: list[tuple[str, Any]] = [("show", self.show)]
        pairs += [("by", self.by)] if self.by else []
        pairs += [("anchor", self.anchor)] if self.anchor else []
        return urlencode(pairs + [("kept", one) for one in self.kept] + [
            ("whole", one) for one in self.whole
        ])  # fmt: skip


def _joined(before: Sequence[int], more: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one for one in (*before, *more) if one))[-_MOST:]


MOST_SHOWN = 200
"""Cards of one list: nobody reads more at once, and each costs."""
_COUNTED = {
    "all": ("thread", "threads"),
    OPEN: ("open thread", "open threads"),
    RESOLVED: ("resolved thread", "resolved threads"),
    MENTIONS: ("thread mentions you", "threads mention you"),
    ORPHANED: ("thread without a place", "threads without a place"),
    NEW: ("thread with something new", "threads with something new"),
}


@dataclass(frozen=True)
class Group:
    """The cards of one section, or those of none."""

    key: str
    title: str
    cards: Sequence[Card]
    anchor: str = ""
    number: int = 0  # of its section, as the document counts

    @property
    def is_lost(self) -> bool:
        """Tell whether these lost their place."""
        return self.key == "lost"


class Panel:
    """A reading as somebody's panel shows it. Every count is of what the filter leaves."""

    tabs = TABS

    def __init__(self, since: Since, user: User, chosen: Filter) -> None:
        self.since, self.reading, self.user, self.filter = since, since.reading, user, chosen

    def opened_at(self, thread_id: int) -> Panel:
        """Return this panel with a thread in sight, unfolded, beside all others of its block.

        The tab stays where it holds the thread, else it is the one that does.
        """
        card = next((card for card in self.reading.cards if card.thread.id == thread_id), None)
        if card is None:
            return self
        place = card.placement
        beside = self.reading.by_block.get(place.section, {}).get(place.block or 0, [])
        chosen = self.filter.keeping(*(one.id for one in beside), thread_id).unfolding(thread_id)
        if not self._holds(card, chosen.show):
            chosen = replace(chosen, show=card.thread.state)
        return Panel(self.since, self.user, chosen)

    @cached_property
    def cards(self) -> list[Card]:
        """Return the cards that person and section leave, whatever the tab."""
        return [card for card in self.reading.cards if self._passes(card)]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many threads each tab holds."""
        states = Counter(card.thread.state for card in self.cards)
        known = {"all": len(self.cards), OPEN: states[OPEN], RESOLVED: states[RESOLVED]}
        left = (show for show in SHOWN if show not in known)
        return known | {show: sum(self._holds(card, show) for card in self.cards) for show in left}

    def counted(self, show: str) -> str:
        """Return what the count of a tab counts: "open threads", say."""
        return _COUNTED[show][self.counts[show] != 1]

    def groups(self) -> Iterator[Group]:
        """Yield what the tab shows: those without a place first, then section by section."""
        cards = self._shown
        lost = [card for card in cards if card.placement.state == ORPHANED]
        if lost:
            yield Group("lost", "No longer in the document", lost)
        whole = [card for card in cards if not card.placement.section and card not in lost]
        if whole:
            yield Group("plan", "The whole plan", whole)
        here: dict[str, list[Card]] = {}
        for card in cards:
            if card.placement.state != ORPHANED:
                here.setdefault(card.placement.section, []).append(card)
        number = 0
        for row in self.reading.outline:
            number += row.anchor != "intro"
            if row.anchor in here:
                own = number if row.anchor != "intro" else 0
                yield Group(f"in-{row.anchor}", row.title, here[row.anchor], row.anchor, own)

    @property
    def hidden(self) -> int:
        """Return how many cards the list leaves out: a section or a person is to be chosen."""
        return len(self._left) - len(self._shown)

    @cached_property
    def _left(self) -> list[Card]:
        kept = set(self.filter.kept)
        left = {card.thread.id for card in self.cards if self._holds(card, self.filter.show)} | kept
        return [card for card in self.reading.cards if card.thread.id in left]

    @cached_property
    def _shown(self) -> list[Card]:
        shown = {card.thread.id for card in self._left[:MOST_SHOWN]} | set(self.filter.kept)
        return [card for card in self._left if card.thread.id in shown]

    @cached_property
    def people(self) -> Sequence[Author]:
        """Return who wrote here, by name, whoever reads first."""
        authors = {
            comment.author_id: comment.author
            for card in self.reading.cards
            for comment in card.thread.comments
        }
        return sorted(
            authors.values(), key=lambda one: (one.id != self.user.id, one.name.casefold(), one.id)
        )

    @property
    def chips(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return what narrows the list beside the tab: a name, words, and how to be rid of it."""
        chosen = self.filter
        found: list[tuple[str, str, dict[str, Any]]] = []
        if chosen.show == ORPHANED:
            found.append(("orphaned", "No longer in the document", {"show": OPEN}))
        if chosen.show == NEW:
            found.append(("new", "New since you last looked", {"show": OPEN}))
        if chosen.by:
            name = self.person.name if self.person else "Somebody who wrote nothing here"
            name = "Me" if chosen.by == self.user.id else name
            found.append(("by", name, {"by": None}))
        if chosen.anchor:
            found.append(("anchor", self.section, {"anchor": ""}))
        return found

    @property
    def person(self) -> Author | None:
        """Return whose threads are shown, if that is somebody who wrote here."""
        return next((one for one in self.people if one.id == self.filter.by), None)

    @property
    def section(self) -> str:
        """Return the title of the section whose threads are shown; empty for all."""
        titles: dict[str, str] = {row.anchor: row.title for row in self.reading.outline}
        return titles.get(self.filter.anchor, self.filter.anchor)

    def query(self, **changes: Any) -> str:
        """Return the query of this panel's fragment, with another tab, person or section."""
        return _encoded((("v", self.reading.version.number), *self._told(changes)))

    def address(self, **changes: Any) -> str:
        """Return the address of the page as the panel shows it; what is as usual is left out."""
        told = [pair for pair in self._told(changes) if pair != ("show", OPEN)]
        if not self.reading.is_newest:
            told.insert(0, ("v", self.reading.version.number))
        return f"/p/{self.reading.plan.slug}" + (f"?{_encoded(tuple(told))}" if told else "")

    def _told(self, changes: dict[str, Any]) -> list[tuple[str, Any]]:
        chosen = replace(self.filter, **changes)
        by = "me" if chosen.by == self.user.id else chosen.by
        told = [("show", chosen.show), ("by", by), ("anchor", chosen.anchor)]
        return [(name, value) for name, value in told if value]

    def _passes(self, card: Card) -> bool:
        by, anchor = self.filter.by, self.filter.anchor
        if anchor and card.placement.section != anchor:
            return False
        thread = card.thread
        return (
            by is None
            or thread.opened_by_id == by
            or any(comment.author_id == by for comment in thread.comments)
        )

    def _holds(self, card: Card, show: str) -> bool:
        if show == MENTIONS:
            return any(
                one.user_id == self.user.id
                for comment in card.thread.comments
                if comment.deleted_at is None
                for one in comment.mentions
            )
        if show == ORPHANED:
            return card.placement.state == ORPHANED
        if show == NEW:
            return card.thread.id in self.since.threads
        return show == "all" or card.thread.state == show


@lru_cache(2_000)
def _encoded(query: tuple[tuple[str, Any], ...]) -> str:
    """Return a query as an address holds it. A panel has two for each of its sections."""
    return urlencode(query)


@dataclass(frozen=True)
class Missing:
    """A thread that somebody asked for and that the shown version has not."""

    thread: int
    versions: Sequence[int]  # where it stands, the newest first; none: there is no such thread

    @classmethod
    def of(cls, plan: Plan, thread_id: int) -> Self:
        """Return on which versions of `plan` a thread stands."""
        query = select(Placement.version).join(
            Version, (Version.plan_id == plan.id) & (Version.number == Placement.version)
        )
        found = query.where(
            Placement.plan_id == plan.id,
            Placement.thread_id == thread_id,
            Version.purged_at.is_(None),
        )
        numbers = db.session.scalars(found.order_by(Placement.version.desc())).all()
        return cls(thread_id, numbers)


def thread_of(plan: Plan, comment_id: int) -> int | None:
    """Return the thread of `plan` that holds a comment; None: there is no such comment."""
    query = select(Thread.id).join(Comment, Comment.thread_id == Thread.id)
    return db.session.scalar(query.where(Thread.plan_id == plan.id, Comment.id == comment_id))
