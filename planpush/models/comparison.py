"""A comparison: two versions of a plan, read only where they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from planpush.content.blocks import Block
from planpush.content.comparison import Compared, Part, compare
from planpush.db import db
from planpush.models.section import Section, unpack_blocks
from planpush.models.version import Version

_AT_ONCE = 500  # of the sections that one query reads


@dataclass(frozen=True)
class Comparison:
    """What became of each section on the way from `old` to `new`."""

    old: Version
    new: Version
    sections: list[Compared]

    @classmethod
    def of(cls, old: Version, new: Version) -> Comparison:
        """Compare two versions. Sections that both share are not unpacked."""
        before = {row.section_id: row for row in old.manifest()}
        after = {row.section_id: row for row in new.manifest()}
        read = _blocks(before.keys() ^ after.keys())
        return cls(old, new, compare(_parts(before, read), _parts(after, read)))


def _parts(rows: Mapping[int, object], read: Mapping[int, tuple[Block, ...]]) -> list[Part]:
    return [
        Part(row.anchor, row.title, section_id, read.get(section_id, ()))  # type: ignore[attr-defined]
        for section_id, row in rows.items()
    ]


def _blocks(section_ids: Collection[int]) -> dict[int, tuple[Block, ...]]:
    """Return the blocks of stored sections, by their ids."""
    ids, found = sorted(section_ids), {}
    for start in range(0, len(ids), _AT_ONCE):
        stored = db.session.execute(
            select(Section.id, Section.blocks, Section.html).where(
                Section.id.in_(ids[start : start + _AT_ONCE])
            )
        )
        found.update({row.id: unpack_blocks(row.blocks, row.html) for row in stored})
    return found
