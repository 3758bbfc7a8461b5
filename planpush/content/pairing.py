"""Which block of one version is which of another, as a reader sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from planpush.content.blockmap import BlockMap
from planpush.content.blocks import Block

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
