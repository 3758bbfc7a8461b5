"""Compares two versions of a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from planpush.document.blocks import Block
from planpush.document.diff.comparison import Compared, Part, compare
from planpush.document.diff.render import Redlined, redline
from planpush.plans.section import Section, expand, unpack_blocks
from planpush.plans.version import Version

Ids = Mapping[str, int]


@dataclass(frozen=True)
class Comparison:
    """What became of each section on the way from `old` to `new`."""

    old: Version
    new: Version
    sections: list[Compared]
    before: Ids = field(repr=False)
    after: Ids = field(repr=False)
    packed: dict[int, bytes] = field(repr=False)

    @classmethod
    def of(cls, old: Version, new: Version, *, worded: bool = True) -> Comparison:
        """Compare two versions. Sections that both share are not unpacked.

        One that is only `rendered` needs no words.
        """
        rows, other = old.manifest(), new.manifest()
        before, after = ({row.anchor: row.section_id for row in side} for side in (rows, other))
        blocks, packed = read({*before.values()} ^ {*after.values()})
        found = compare(parts(rows, blocks), parts(other, blocks), worded=worded)
        return cls(old, new, found, before, after, packed)

    def rendered(self, *, everything: bool = False) -> list[Redlined]:
        """Return both versions as one document, in the order of the newer one.

        A section that did not change has no `html`, unless `everything` is asked for. `data-block`
        is the key of a block on the newer version; what was removed has none.
        """
        wanted = {
            self.after[one.part.anchor]
            for one in self.sections
            if one.state == "moved" or (everything and one.state == "same")
        }
        packed = self.packed | _html(wanted - self.packed.keys())
        old, new = (
            {anchor: expand(packed[n]).decode() for anchor, n in side.items() if n in packed}
            for side in (self.before, self.after)
        )
        return redline(self.sections, old, new, list(self.before))


def parts(rows: Collection[Any], read: Mapping[int, tuple[Block, ...]]) -> list[Part]:
    """Return sections as they are compared; of those that were not `read` it matters which."""
    return [
        Part(row.anchor, row.title, row.section_id, read.get(row.section_id, ())) for row in rows
    ]


def read(section_ids: Collection[int]) -> tuple[dict[int, tuple[Block, ...]], dict[int, bytes]]:
    """Return the blocks of stored sections by their ids, and their compressed HTML."""
    blocks, packed = {}, {}
    for row in Section.read(section_ids, Section.id, Section.blocks, Section.html):
        blocks[row.id] = unpack_blocks(row.blocks, row.html)
        packed[row.id] = row.html
    return blocks, packed


def _html(section_ids: Collection[int]) -> dict[int, bytes]:
    """Return the compressed HTML of stored sections, by their ids."""
    return {row.id: row.html for row in Section.read(section_ids, Section.id, Section.html)}
