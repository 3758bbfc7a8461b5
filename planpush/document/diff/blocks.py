"""Maps each block of one version to its counterpart in another, including splits and joins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from planpush.document.blocks import Block
from planpush.document.diff.matching import Matcher, owners
from planpush.document.html.tokens import HEADINGS

_COUNT = re.compile(r"^[0-9]+(?:\.[0-9]+)*\.?\s*")

T = TypeVar("T")


@dataclass(frozen=True)
class BlockMap:
    """For each old block its new one (-1: none) and how it got there.

    A relation is "same", "moved" (same text elsewhere), "edited", "rewritten" (moved and edited),
    "unsure" (one of several equals) or "gone".
    """

    old: Sequence[Block]
    new: Sequence[Block]
    targets: Sequence[int]
    relations: Sequence[str]
    renames: Mapping[str, str]

    def section(self, key: str) -> str:
        """Return an old section key as it is now."""
        return self.renames.get(key, key)

    def before(self, j: int) -> str:
        """Return the text of the old block that became the new block `j`."""
        return self.old[self.taken[j]].text if j in self.taken else ""

    def kept(self, name: str, make: Callable[[BlockMap], T]) -> T:
        """Return what `make` makes of this map, made once."""
        if name not in self.__dict__:
            self.__dict__[name] = make(self)
        return cast("T", self.__dict__[name])

    @cached_property
    def places(self) -> dict[tuple[str, int], int]:
        """Where the block of a section and key is among the old ones."""
        return {(block.section, block.key): i for i, block in enumerate(self.old)}

    @cached_property
    def taken(self) -> dict[int, int]:
        """The old block of each new one that has one."""
        return {j: i for i, j in enumerate(self.targets) if j >= 0}

    @cached_property
    def pool(self) -> list[int]:
        """New leaves that no old block became, or only with changes."""
        changed = ("edited", "rewritten")
        return [
            j
            for j, block in enumerate(self.new)
            if not block.element
            and (j not in self.taken or self.relations[self.taken[j]] in changed)
        ]

    @cached_property
    def owned(self) -> frozenset[int]:
        """The old blocks that have a `data-anchor` of their own."""
        return frozenset(owners(self.old).values())

    @cached_property
    def owners(self) -> dict[tuple[str, str], int]:
        """The new block of each section key and `data-anchor` in it."""
        return owners(self.new)

    @cached_property
    def titles(self) -> dict[tuple[str, str], list[Block]]:
        """The new headings by section (also "": any) and text."""
        found: dict[tuple[str, str], list[Block]] = defaultdict(list)
        for block in self.new:
            if block.tag in HEADINGS and not block.element:
                for title in {block.text, _COUNT.sub("", block.text)}:
                    found[block.section, title].append(block)
                    found["", title].append(block)
        return found

    @cached_property
    def cells(self) -> dict[str, list[Block]]:
        """New table cells of each section that no old block became."""
        found: dict[str, list[Block]] = defaultdict(list)
        for j, block in enumerate(self.new):
            if block.row and block.column and j not in self.taken and not block.element:
                found[block.section].append(block)
        return found


def map_blocks(
    old: Sequence[Block], new: Sequence[Block], renames: Mapping[str, str] | None = None
) -> BlockMap:
    """Map the blocks of one version to those of another; `renames` are old to new section keys."""
    matcher = Matcher(old, new, renames or {})
    matcher.match_keys()
    pairs = matcher.match_order()
    matcher.match_unique()
    matcher.match_anchors()
    matcher.match_gaps(pairs)
    matcher.match_anywhere()
    matcher.settle_doubts()
    return BlockMap(old, new, matcher.targets, matcher.relations, matcher.renames)


Went = Mapping[str, Mapping[int, tuple[str, int]]]
"""The newer section and key of blocks, by their older section and key."""


def pairs(mapped: BlockMap) -> dict[int, int]:
    """Return which old block is which new one, as a reader sees it.

    Equals that nobody can tell apart did not change. A cell of another row is another cell.
    """
    rows = _rows(mapped)
    found: dict[int, int] = {}
    for j, i in mapped.taken.items():
        was, now = mapped.old[i], mapped.new[j]
        if not (was.row and now.row) or rows.get((was.section, was.row), was.row) == now.row:
            found[i] = j
    taken = set(found.values())
    free: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for j in reversed(range(len(mapped.new))):
        if j not in taken:
            free[_name(mapped.new[j], mapped.new[j].section)].append(j)
    for i, block in enumerate(mapped.old):
        places = free.get(_name(block, mapped.section(block.section))) if i not in found else None
        if places:
            found[i] = places.pop()
    return dict(sorted(found.items()))


def _rows(mapped: BlockMap) -> dict[tuple[str, str], str]:
    """Return the newer keys of rows whose first cell says something else now."""
    return {
        (was.section, was.row): mapped.new[j].row
        for j, i in mapped.taken.items()
        if (was := mapped.old[i]).row and was.text == was.row
    }


def _name(block: Block, section: str) -> tuple[str, str, str]:
    return section, block.row, block.text


def places(mapped: BlockMap, found: Mapping[int, int]) -> Went:
    """Return the newer section and key of the blocks of each old section, by their keys."""
    told: dict[str, dict[int, tuple[str, int]]] = defaultdict(dict)
    for i, j in found.items():
        was, now = mapped.old[i], mapped.new[j]
        told[was.section][was.key] = now.section, now.key
    return told
