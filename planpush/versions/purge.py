"""Purges versions that contain a secret."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.user import User
from planpush.comments.drafts import Draft
from planpush.comments.placement import Placement
from planpush.comments.rejections import Rejection
from planpush.comments.thread import Origin, Thread
from planpush.database.session import db, now
from planpush.document.anchoring import target as content
from planpush.document.anchoring.target import scrubbed
from planpush.errors import Conflict, Forbidden
from planpush.events.event import Event
from planpush.plans.plan import Plan
from planpush.plans.section import Section
from planpush.plans.version import Version, VersionSection
from planpush.versions.placements import fall_back, place_missing

_BUSY = 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Shared:
    """A section of a version, and the other versions that hold the very same."""

    anchor: str
    title: str
    also_in: Sequence[int]


@dataclass(frozen=True, slots=True)
class Trace:
    """What is told of a purged version: which others still hold a section of it."""

    number: int
    still_in: Sequence[int]

    @classmethod
    def of(cls, plan: Plan, number: int) -> Trace | None:
        """Return what became of version `number`; None if it was not purged."""
        query = select(Event.data).where(Event.plan_id == plan.id, Event.kind == "version.purged")
        for data in db.session.scalars(query.order_by(Event.id.desc())):
            if data["version"] == number:
                there = {version.number for version in Version.history(plan)}
                return cls(number, [one for one in data["still_in"] if one in there])
        return None


def shared(plan: Plan, version: Version) -> list[Shared]:
    """Return the sections of `version` in order, each with where else it stands."""
    rows = version.manifest()
    holders = _holders(plan, [row.section_id for row in rows])
    return [
        Shared(
            row.anchor,
            row.title,
            [number for number in holders[row.section_id] if number != version.number],
        )
        for row in rows
    ]


def purge(plan: Plan, numbers: Collection[int], *, by: User) -> list[int]:
    """Empty versions of `plan` for good; return the others that still hold a section of theirs.

    A section that another version holds stays, with the threads on it. Elsewhere the words that
    threads quote go, too; what people wrote stays. Raises 403, 404, 409 for the only version, 410.
    """
    if not by.may("versions.purge"):
        raise Forbidden("Only an admin may purge a version.")
    versions = [Version.of(plan, number) for number in sorted(set(numbers))]
    left = _left(plan, versions)
    plan.newest = left[0].number
    fall_back(plan, {version.number for version in versions})
    held = _take_sections(versions)
    holders = _holders(plan, held.values())
    _settle_origins(plan, held, holders)
    _delete_sections(plan, [key for key in held.values() if not holders[key]])
    _empty(plan, versions, left)
    place_missing(plan)
    still = sorted({number for numbers in holders.values() for number in numbers})
    for version in versions:
        data = {"version": version.number, "still_in": still}
        plan.record("version.purged", by=by, target=plan.slug, data=data)
    return still


def _left(plan: Plan, versions: Sequence[Version]) -> list[Version]:
    """Return what stays, newest first. Raises `Conflict` if that is nothing."""
    gone = {version.number for version in versions}
    left = [version for version in Version.history(plan) if version.number not in gone]
    if not left:
        message = "Nothing would be left of this plan: push a version without the secret first."
        raise Conflict(message, code="only_version")
    return left


def shrink_log() -> None:
    """Overwrite the copies that SQLite's write-ahead log keeps; wait little for who still reads."""
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.execute(f"PRAGMA busy_timeout={int(before)}")
    finally:
        connection.close()


def _holders(plan: Plan, section_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return which versions hold each of some sections, oldest first."""
    rows = db.session.execute(
        select(VersionSection.section_id, Version.number)
        .join(Version, Version.id == VersionSection.version_id)
        .where(Version.plan_id == plan.id, VersionSection.section_id.in_(list(section_ids)))
        .order_by(Version.number)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for section_id, number in rows:
        found[section_id].append(number)
    return found


def _take_sections(versions: Sequence[Version]) -> dict[tuple[int, str], int]:
    """Take the sections out of versions; return what stood where: (number, anchor) → section."""
    held = {
        (version.number, row.anchor): row.section_id
        for version in versions
        for row in version.manifest()
    }
    ids = [version.id for version in versions]
    db.session.execute(delete(VersionSection).where(VersionSection.version_id.in_(ids)))
    return held


def _settle_origins(
    plan: Plan, held: dict[tuple[int, str], int], holders: dict[int, list[int]]
) -> None:
    """Let threads on what is purged speak of a version that holds the same section, or of none."""
    kept, gone = _anchors(plan), {number for number, _ in held}
    for thread in Thread.of(plan):
        rows: list[Origin | Rejection] = [*thread.origins, *thread.rejections]
        for row in rows:
            if row.version in gone and row.selector.get("kind") != "document":
                origin = content.Origin.from_dict(row.selector)
                homes = holders.get(held.get((row.version, origin.section), 0), [])
                if homes:
                    row.version = homes[-1]
                    row.selector = {**row.selector, "version": row.version}
                else:
                    section = origin.section if origin.section in kept else ""
                    row.selector = scrubbed(origin, section).as_dict()


def _anchors(plan: Plan) -> set[str]:
    """Return the anchors of every section that some version holds."""
    query = select(Section.anchor).join(VersionSection, VersionSection.section_id == Section.id)
    return set(db.session.scalars(query.where(Section.plan_id == plan.id).distinct()))


def _delete_sections(plan: Plan, section_ids: Sequence[int]) -> None:
    db.session.execute(
        delete(Section).where(Section.plan_id == plan.id, Section.id.in_(section_ids))
    )


def _empty(plan: Plan, versions: Sequence[Version], left: Sequence[Version]) -> None:
    """Leave of each version its number, who pushed it and when."""
    nothing: dict[str, Any] = {"message": "", "direction": "", "agent": "", "session": ""}
    for version in versions:
        for name, value in (nothing | {"digest": "", "carried": {}, "removed": []}).items():
            setattr(version, name, value)
        version.purged_at = now()
    kept = _anchors(plan)
    Draft.scrub(plan, [version.number for version in versions], kept)
    for version in left:
        version.removed = [anchor for anchor in version.removed if anchor in kept]
    numbers = [version.number for version in versions]
    db.session.execute(
        delete(Placement).where(Placement.plan_id == plan.id, Placement.version.in_(numbers))
    )
    for number in numbers:
        IdempotencyKey.forget_words(plan.slug, number)
    db.session.flush()
