"""What is new to a person since their last visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from planpush.comments.thread_rows import ThreadRow
from planpush.comments.version_view import Reading
from planpush.database.session import db, now, rows
from planpush.document.diff.comparison import Compared, compare
from planpush.document.diff.update import Increment, increment
from planpush.events.event import Event
from planpush.plans.section import Section
from planpush.plans.version import ADDED, CHANGED, SAME, Version, VersionSection
from planpush.plans.visits import Seen
from planpush.versions.comparison import parts, read

_MOST = 24  # sections under other anchors whose words are compared
_ELEMENTS = 5_000  # that these may have together: it is done for every look at a plan


class Since:
    """What is new on a reading to who has `seen` so much; each part is loaded when asked for.

    Sections are the same if they are stored once: their words are not read, but of renamed ones.
    """

    def __init__(self, reading: Reading, seen: Seen) -> None:
        self.reading, self.seen = reading, seen

    @property
    def ahead(self) -> bool:
        """Tell whether the version that is read is newer than the one they saw."""
        return self.reading.version.number > self.seen.version

    @property
    def due(self) -> bool:
        """Tell whether there is anything to say."""
        return self.ahead or bool(self.threads)

    @property
    def base(self) -> int:
        """Return the version that is compared with, 0 for none.

        It is what they saw, or the nearest before it that is left, should that be purged.
        """
        if not self.ahead:
            return self.seen.version
        return self._before[0].number if self._before else 0

    @cached_property
    def _before(self) -> Sequence[Any]:
        asked = {"plan": self.reading.plan.id, "number": self.seen.version}
        return rows(_manifest(), asked).all() if self.ahead else ()

    @property
    def _after(self) -> Sequence[Any]:
        return self.reading.outline if self._before else ()

    @cached_property
    def change(self) -> Increment:
        """Return which sections changed; one that only has another anchor now did not."""
        before = {row.anchor: row.section_id for row in self._before}
        after = {row.anchor: row.section_id for row in self._after}
        for old, one in self._renamed.items():
            if one.state == "renamed":
                before[old] = after[one.part.anchor]
        return increment({self.renames.get(old, old): one for old, one in before.items()}, after)

    @cached_property
    def renames(self) -> dict[str, str]:
        """Return the sections that have another anchor now, the old → the new."""
        return {old: compared.part.anchor for old, compared in self._renamed.items()}

    @cached_property
    def _renamed(self) -> dict[str, Compared]:
        """Compare those that are gone with those that came, by their words: all others are known
        by their anchors. Of very many or large ones, none is taken for another.
        """
        kept = {row.anchor for row in self._before} & {row.anchor for row in self._after}
        gone = [row for row in self._before if row.anchor not in kept]
        come = [row for row in self._after if row.anchor not in kept]
        both, size = (*gone, *come), sum(row.elements for row in (*gone, *come))
        if not gone or not come or len(both) > _MOST or size > _ELEMENTS:
            return {}
        blocks, _ = read({row.section_id for row in both})
        found = compare(parts(gone, blocks), parts(come, blocks), worded=False)
        return {one.was.anchor: one for one in found if one.was and one.was is not one.part}

    @cached_property
    def states(self) -> dict[str, str]:
        """Return what became of the sections that are not as they were, by anchor."""
        change = self.change
        return dict.fromkeys(change.changed, CHANGED) | dict.fromkeys(change.added, ADDED)

    def state(self, anchor: str) -> str:
        """Return what became of a section: "changed", "added" or "same"."""
        return self.states.get(anchor, SAME) if self.ahead else SAME

    @property
    def counts(self) -> list[tuple[int, str]]:
        """Return how many sections were changed, added and so on, without what did not happen."""
        change = self.change
        renamed = [old for old, one in self._renamed.items() if one.state == "renamed"]
        told = {
            CHANGED: change.changed, ADDED: change.added, "removed": change.removed,
            "renamed": renamed, "moved": change.moved,
        }  # fmt: skip
        return [(len(anchors), word) for word, anchors in told.items() if anchors]

    @cached_property
    def threads(self) -> frozenset[int]:
        """Return the ids of the threads with something new.

        What happened after the next version was pushed is told on that: it has more threads.
        """
        until = superseded_at(self.reading)
        threads = (card.thread for card in self.reading.cards)
        return frozenset(one.id for one in threads if has_news(one, self.seen, until))


def superseded_at(reading: Reading) -> datetime | None:
    """Return when the version after the one that is read was pushed; None: it is the newest."""
    if reading.is_newest:
        return None
    later = Version.plan_id == reading.plan.id, Version.number > reading.version.number
    return db.session.scalar(select(func.min(Version.pushed_at)).where(*later))


def seen_until(reading: Reading, event_id: int | None) -> datetime:
    """Return until when a page shows what happened: its newest event says so; else until now."""
    ends = [now(), superseded_at(reading)]
    if event_id:
        shown = Event.plan_id == reading.plan.id, Event.id <= event_id
        ends.append(db.session.scalar(select(func.max(Event.at)).where(*shown)))
    return min(end for end in ends if end is not None)


def has_news(thread: ThreadRow, seen: Seen, until: datetime | None = None) -> bool:
    """Tell whether others commented on, answered or resolved a thread since."""
    done: list[tuple[datetime | None, int | None]] = [
        (one.created_at, one.author_id) for one in thread.comments if not one.deleted_at
    ]
    done.append((thread.resolved_at, thread.resolved_by_id))
    if thread.answer_status:
        done.append((thread.answered_at, thread.answered_by_id))
    return any(seen.misses(at, by, until) for at, by in done)


@cache
def _manifest() -> Any:
    """Return the statement for the sections of a version, or of the nearest before it."""
    plan, number = (bindparam(name, type_=Integer) for name in ("plan", "number"))
    left = (Version.plan_id == plan) & (Version.number <= number) & Version.purged_at.is_(None)
    held = select(Version.id).where(left).order_by(Version.number.desc()).limit(1)
    return (
        select(Version.number, VersionSection.section_id)
        .add_columns(Section.anchor, Section.title, Section.elements)
        .join(VersionSection, VersionSection.version_id == Version.id)
        .join(Section, Section.id == VersionSection.section_id)
        .where(Version.id == held.scalar_subquery())
        .order_by(VersionSection.position)
    )
