"""The versions of a plan, page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from planpush.accounts.user import User
from planpush.comments.placement import STATES
from planpush.database.session import db
from planpush.plans.plan import Plan
from planpush.plans.section import Section
from planpush.plans.version import ADDED, CHANGED, SAME, Version, VersionSection
from planpush.reviews.sign_offs import APPROVED, SignOff

PAGE = 20
_REMOVED = "removed"
_LABELS = {CHANGED: "Changed", ADDED: "Added", _REMOVED: "Removed"}
_STANDS = {"exact": "in place"}
Named = tuple[str, str]  # a section's anchor and title


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of a version and did not take back."""

    name: str
    approved: bool
    sections: int = 0  # how many it is about; 0 is the whole plan


@dataclass(frozen=True, slots=True)
class Entry:
    """One version. `before` is the number of the one before it that was not purged."""

    version: Version
    before: int | None
    sections: Mapping[str, Sequence[Named]]
    words: Sequence[Word]

    @property
    def changes(self) -> Iterator[tuple[str, Sequence[Named]]]:
        """Give what became of sections, kind by kind: a label, and which they are."""
        for state, label in _LABELS.items():
            if self.sections.get(state):
                yield label, self.sections[state]

    @property
    def carried(self) -> list[str]:
        """Return how many open threads came along, by how they stand, in words."""
        counts = ((state, self.version.carried.get(state, 0)) for state in STATES)
        return [f"{count:,} {_STANDS.get(state, state)}" for state, count in counts if count]


@dataclass(frozen=True, slots=True)
class History:
    """A page of versions, the newest first. `older` is the number before which the next begins."""

    plan: Plan
    entries: Sequence[Entry]
    before: int | None
    older: int | None

    @classmethod
    def of(cls, plan: Plan, before: int | None = None) -> History:
        """Return the versions below a number. No document is read; four statements at most."""
        rows = db.session.execute(_versions(plan, before)).all()
        found = rows[:PAGE]
        versions = [version for version, _ in found]
        sections = _sections(versions)
        for number, gone in _removed(plan, found).items():
            sections[number][_REMOVED] = gone
        words = _words(plan, versions)
        entries = [
            Entry(version, last, sections[version.number], words[version.number])
            for version, last in found
        ]
        return cls(plan, entries, before, versions[-1].number if len(rows) > PAGE else None)


def _versions(plan: Plan, before: int | None) -> Select[Any]:
    earlier = aliased(Version)
    last = (
        select(earlier.number)
        .where(earlier.plan_id == Version.plan_id, earlier.number < Version.number)
        .where(earlier.purged_at.is_(None))
        .order_by(earlier.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(Version, last).where(Version.plan_id == plan.id)
    if before is not None:
        query = query.where(Version.number < before)
    return query.order_by(Version.number.desc()).limit(PAGE + 1)


def _sections(versions: Sequence[Version]) -> dict[int, dict[str, list[Named]]]:
    """Return the sections that are not as before, by version and by what became of them."""
    numbers = {version.id: version.number for version in versions}
    query = (
        select(VersionSection.version_id, VersionSection.state, Section.anchor, Section.title)
        .join(Section, Section.id == VersionSection.section_id)
        .where(VersionSection.version_id.in_(numbers), VersionSection.state != SAME)
        .order_by(VersionSection.version_id, VersionSection.position)
    )
    found: dict[int, dict[str, list[Named]]] = defaultdict(lambda: defaultdict(list))
    for version_id, state, anchor, title in db.session.execute(query) if numbers else ():
        found[numbers[version_id]][state].append((anchor, title))
    return found


def _removed(plan: Plan, rows: Sequence[Any]) -> dict[int, list[Named]]:
    """Return the sections that versions removed, as the one before calls them."""
    gone = {version.number: (last, version.removed) for version, last in rows if version.removed}
    query = (
        select(Version.number, Section.anchor, Section.title)
        .join(VersionSection, VersionSection.version_id == Version.id)
        .join(Section, Section.id == VersionSection.section_id)
        .where(Version.plan_id == plan.id, Version.number.in_({last for last, _ in gone.values()}))
        .where(Section.anchor.in_({anchor for _, some in gone.values() for anchor in some}))
    )
    titles = {row[:2]: row[2] for row in db.session.execute(query)} if gone else {}
    return {
        number: [(anchor, titles.get((last, anchor)) or anchor) for anchor in some]
        for number, (last, some) in gone.items()
    }


def _words(plan: Plan, versions: Sequence[Version]) -> dict[int, list[Word]]:
    query = (
        select(SignOff.given_on, SignOff.decision, User.name, SignOff.sections)
        .join(User, User.id == SignOff.user_id)
        .where(SignOff.plan_id == plan.id, SignOff.withdrawn_at.is_(None))
        .where(SignOff.given_on.in_([version.number for version in versions]))
        .order_by(SignOff.id)
    )
    found: dict[int, list[Word]] = defaultdict(list)
    for number, decision, name, sections in db.session.execute(query) if versions else ():
        found[number].append(Word(name, decision == APPROVED, len(sections)))
    return found
