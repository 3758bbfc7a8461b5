"""Versions of a plan. A version never changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, undefer

from planpush.accounts.user import User
from planpush.database.session import Base, UTCDateTime, db, now, rows
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block
from planpush.errors import NotFound, Problem
from planpush.plans.plan import Plan
from planpush.plans.section import Section, unpack_blocks

SAME, CHANGED, ADDED = "same", "changed", "added"


@dataclass(eq=False)
class Purged(Problem):
    """410: an admin took this version's content away for good."""

    status: int = 410
    code: str = "purged"


class Version(Base):
    """One push: a list of sections in order, who pushed it, and why."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("plan_id", "number"), Index(None, "pushed_by_id", "plan_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    number: Mapped[int]
    pushed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    pushed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    message: Mapped[str] = mapped_column(Text, default="")
    direction: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str] = mapped_column(String(100), default="")
    session: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64))
    carried: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    removed: Mapped[list[str]] = mapped_column(JSON, default=list)
    purged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    pushed_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def add(cls, plan: Plan, *, by: User, **told: Any) -> Version:
        """Make the next version of `plan`, still without sections."""
        number = max(plan.newest, plan.last_number) + 1  # one that was purged never comes back
        version = cls(plan_id=plan.id, number=number, pushed_by_id=by.id, pushed_by=by, **told)
        db.session.add(version)
        plan.newest = plan.last_number = number
        plan.verdict = ""  # until it is known which words outlive this push
        db.session.flush()
        return version

    def hold(self, sections: Sequence[Section], states: Sequence[str]) -> None:
        """Put stored sections into this version, in order."""
        held = [
            {"version_id": self.id, "position": at, "section_id": section.id, "state": state}
            for at, (section, state) in enumerate(zip(sections, states, strict=True))
        ]
        if held:
            rows(insert(VersionSection.__table__), held)  # type: ignore[arg-type]

    @classmethod
    def of(cls, plan: Plan, number: int | None = None) -> Version:
        """Return version `number` of `plan`, the newest if None. Raises `NotFound`, `Purged`."""
        return cls.with_history(plan, number)[0]

    @classmethod
    def with_history(
        cls, plan: Plan, number: int | None, *, last: int = 0
    ) -> tuple[Version, list[Version]]:
        """Return a version as `of` does, and the `last` versions, newest first."""
        wanted = plan.newest if number is None else number
        known = wanted if 0 < wanted <= max(plan.newest, plan.last_number) else 0
        values = {"plan": plan.id, "number": known, "last": last}
        versions = db.session.scalars(_versions(with_last=last > 0), values).all()
        found = next((one for one in versions if one.number == wanted), None)
        if found is None:
            raise NotFound(f"This plan has no version {wanted}; the newest is {plan.newest}.")
        if found.purged_at is not None:
            raise Purged(
                f"Version {wanted} was purged by an admin: its content is gone. "
                f"The newest is version {plan.newest}."
            )
        return found, [one for one in versions if one.purged_at is None][:last]

    @classmethod
    def history(cls, plan: Plan, *, since: int = 0, limit: int | None = None) -> Sequence[Version]:
        """Return the versions after `since`, newest first, without the purged ones."""
        query = select(cls).where(
            cls.plan_id == plan.id, cls.number > since, cls.purged_at.is_(None)
        )
        return db.session.scalars(query.order_by(cls.number.desc()).limit(limit)).all()

    def manifest(self) -> Sequence[Any]:
        """Return (anchor, title, state, sha256, section_id, elements) of each section in order."""
        return self._rows(content=False)

    def pieces(self) -> Sequence[Any]:
        """Return the manifest with (html, pins, icons) of each section: html is compressed."""
        return self._rows(content=True)

    def _rows(self, *, content: bool) -> Sequence[Any]:
        return db.session.execute(_pieces(content=content), {"version": self.id}).all()

    def blocks(self, anchor: str = "") -> tuple[Block, ...]:
        """Return this version's blocks in order; those of one section, if it has `anchor`."""
        query = (
            select(Section)
            .options(undefer(Section.blocks), undefer(Section.html))
            .join(VersionSection, VersionSection.section_id == Section.id)
            .where(VersionSection.version_id == self.id)
            .order_by(VersionSection.position)
        )
        stored = db.session.scalars(query).all()
        named = [section for section in stored if section.anchor == anchor]
        return tuple(
            block
            for section in named or stored
            for block in unpack_blocks(section.blocks, section.html)
        )

    def quoted(self, place: Place) -> Place:
        """Return `place` with the words that its offsets mark, where they came without."""
        if place.quote or place.start is None or place.end is None:
            return place
        for block in self.blocks(place.anchor):
            if (block.section, block.key) == (place.anchor, place.block):
                return replace(place, quote=block.text[place.start : place.end])
        return place

    def describe(self, place: Place) -> str:
        """Return what stands at `place`, in short; a place that is not here keeps its own name."""
        try:
            found = locate(self.blocks(place.anchor), self.number, place)
        except Problem:
            return place.quote or place.anchor or str(place.row)
        return found.exact or found.label


class BlockReader:
    """Reads the blocks of a plan's versions; a section that versions share is unpacked once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[int, tuple[Block, ...]] = {}

    def __call__(self, number: int) -> tuple[Block, ...]:
        """Return the blocks of version `number` in order; none if it was purged."""
        held = select(VersionSection.section_id).join(Version).order_by(VersionSection.position)
        rows = db.session.scalars(
            held.where(Version.plan_id == self.plan.id, Version.number == number)
        ).all()
        missing = [section_id for section_id in rows if section_id not in self.known]
        stored = db.session.execute(
            select(Section.id, Section.blocks, Section.html).where(Section.id.in_(missing))
        )
        for section_id, packed, html in stored:
            self.known[section_id] = unpack_blocks(packed, html)
        return tuple(block for section_id in rows for block in self.known[section_id])


class VersionSection(Base):
    """Which section stands where in which version, and how it differs from the version before."""

    __tablename__ = "version_sections"
    __table_args__ = (Index(None, "section_id"),)

    version_id: Mapped[int] = mapped_column(
        ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"))
    state: Mapped[str] = mapped_column(String(10), default=SAME)


def digest_of(manifest: Sequence[tuple[str, str]]) -> str:
    """Return the digest of a document: of its (anchor, sha256) pairs in order."""
    lines = "\n".join(f"{anchor} {sha256}" for anchor, sha256 in manifest)
    return hashlib.sha256(lines.encode()).hexdigest()


# Every page of a plan asks these, and to make a statement takes longer than to run it.
@cache
def _versions(*, with_last: bool) -> Select[Version]:
    """Return the statement for one version of a plan, or for it and the last ones."""
    theirs = Version.plan_id == bindparam("plan", type_=Integer)
    chosen = Version.number == bindparam("number", type_=Integer)
    if with_last:
        newest = select(Version.number).where(theirs, Version.purged_at.is_(None))
        last = newest.order_by(Version.number.desc()).limit(bindparam("last", type_=Integer))
        chosen |= Version.number.in_(last)
    return select(Version).where(theirs, chosen).order_by(Version.number.desc())


@cache
def _pieces(*, content: bool) -> Select[Any]:
    """Return the statement for the sections of a version, with or without their content."""
    known = Section.sha256, Section.id.label("section_id"), Section.elements, Section.source_bytes
    more = (Section.html, Section.pins, Section.icons) if content else ()
    columns: Any = (Section.anchor, Section.title, VersionSection.state, *known, *more)
    query: Select[Any] = select(*columns)
    query = query.join(VersionSection, VersionSection.section_id == Section.id)
    query = query.where(VersionSection.version_id == bindparam("version", type_=Integer))
    return query.order_by(VersionSection.position)
