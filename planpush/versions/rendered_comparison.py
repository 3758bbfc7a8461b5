"""Two versions as one document, with the threads of the newer one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from sqlalchemy import select

from planpush.accounts.user import User
from planpush.comments.placement import Placement
from planpush.comments.thread import Thread
from planpush.database.session import db
from planpush.document.diff.comparison import Compared
from planpush.document.diff.navigation import Shown
from planpush.plans.plan import Plan
from planpush.plans.section import Section
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.versions.comparison import Comparison

_CHOICES = 10  # versions; the page of all of them leads to the others


@dataclass(frozen=True)
class Pair:
    """Which two versions somebody compares, and whether they want to see what is the same, too."""

    plan: Plan
    old: Version
    new: Version
    only_changed: bool

    @classmethod
    def asked(
        cls, plan: Plan, user: User, old: int | None, new: int | None, only_changed: bool
    ) -> Pair:
        """Return two versions, by default what `user` saw last, or the one before, and the newest.

        Raises `NotFound`, `Purged`.
        """
        newer = Version.of(plan, new)
        older = Version.of(plan, _baseline(plan, newer, user) if old is None else old)
        return cls(plan, older, newer, only_changed)

    @property
    def numbers(self) -> tuple[int, int]:
        """The numbers of both versions."""
        return self.old.number, self.new.number

    @cached_property
    def choices(self) -> Sequence[Version]:
        """Return the versions that may be compared, newest first: the last ten and these."""
        last = Version.history(self.plan, limit=_CHOICES)
        shown = {version.number: version for version in (*last, self.old, self.new)}
        return [shown[number] for number in sorted(shown, reverse=True)]

    @cached_property
    def threads(self) -> Mapping[str, Mapping[int, Sequence[Any]]]:
        """Return (id, state) of the threads on the newer version, by section and block key."""
        query = (
            select(Placement.section, Placement.block, Thread.id, Thread.state)
            .join(Thread, Thread.id == Placement.thread_id)
            .where(Placement.plan_id == self.plan.id, Placement.version == self.new.number)
            .order_by(Placement.start, Thread.id)
        )
        found: dict[str, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in db.session.execute(query):
            if row.section:
                found[row.section][row.block or 0].append(row)
        return found


def _baseline(plan: Plan, newer: Version, user: User) -> int:
    """Return the number of the version that `user` saw last, or that came before; or its own."""
    seen = select(Visit.version).where(Visit.user_id == user.id, Visit.plan_id == plan.id)
    before = select(Version.number).where(
        Version.plan_id == plan.id, Version.number < newer.number, Version.purged_at.is_(None)
    )
    known = db.session.scalar(before.where(Version.number.in_(seen)))
    return (
        known or db.session.scalar(before.order_by(Version.number.desc()).limit(1)) or newer.number
    )


@dataclass(frozen=True)
class Redline:
    """What a pair of versions looks like as one document."""

    pair: Pair
    found: Sequence[Compared]
    sections: Sequence[Shown]
    icons: frozenset[str]

    @classmethod
    def of(cls, pair: Pair) -> Redline:
        """Compare a pair. What is the same is only read where somebody wants to see it."""
        compared = Comparison.of(pair.old, pair.new, worded=False)
        shown = Shown.all(compared.rendered(everything=not pair.only_changed))
        sections = {*compared.before.values(), *compared.after.values()}
        return cls(pair, compared.sections, shown, _icons(sections))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Return how many sections have which state."""
        return Counter(section.state for section in self.found)

    @property
    def differs(self) -> bool:
        """Tell whether anything does."""
        return self.counts["same"] < len(self.found) or self.moved > 0

    @property
    def moved(self) -> int:
        """Return how many sections are elsewhere now, whatever else became of them."""
        return sum(section.moved for section in self.found)

    @cached_property
    def stops(self) -> Sequence[str]:
        """Return the ids of all changes, in order."""
        return [stop for shown in self.sections for stop in shown.ids]

    @cached_property
    def changed(self) -> Sequence[Shown]:
        """Return the sections that differ, in order."""
        shown = (one for one in self.sections if not one.section.is_stand_in)
        return [one for one in shown if self.differs_in(one)]

    def beside(self, shown: Shown) -> tuple[Shown | None, Shown | None]:
        """Return the section that differs before one, and the one behind it."""
        at, last = self.changed.index(shown), len(self.changed) - 1
        before = self.changed[at - 1] if at > 0 else None
        return before, self.changed[at + 1] if at < last else None

    @property
    def runs(self) -> Iterator[tuple[bool, list[Shown]]]:
        """Yield the sections in order; those that are not shown together."""
        for is_left_out, run in groupby(self.sections, self.leaves_out):
            yield is_left_out, list(run)

    def leaves_out(self, shown: Shown) -> bool:
        """Tell whether a section is the same, and nobody asked for it."""
        return self.pair.only_changed and not self.differs_in(shown)

    def differs_in(self, shown: Shown) -> bool:
        """Tell whether a section is another one, or elsewhere."""
        compared = shown.section.compared
        return compared.state != "same" or compared.moved


def _icons(section_ids: Collection[int]) -> frozenset[str]:
    """Return the icons in stored sections."""
    return frozenset(name for row in Section.read(section_ids, Section.icons) for name in row.icons)
