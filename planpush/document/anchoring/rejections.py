"""Places that a person has rejected for a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from planpush.document.anchoring.elements import climb
from planpush.document.anchoring.placement import ORPHAN, Placement, at
from planpush.document.anchoring.target import Origin
from planpush.document.diff.blocks import BlockMap

REJECTED = "A person said that it is not there."
_KNOWN = ("exact", "moved", "edited")


def refuses(rejected: Placement, found: Placement) -> bool:
    """Tell whether `found` is where a rejected place is now.

    A rejected block takes none but the very words; rejected words leave the rest of their block.
    """
    if rejected.state not in _KNOWN or rejected.block is None:
        return False
    if (found.section, found.block) != (rejected.section, rejected.block):
        return False
    if rejected.start is None or rejected.end is None:
        return found.start is None or found.state == "edited"
    if found.start is None or found.end is None:
        return False
    return found.start < rejected.end and rejected.start < found.end


def instead(
    origin: Origin, block_map: BlockMap, found: Placement, rejected: Sequence[Placement]
) -> Placement:
    """Return what is left for a thread that is not at `found`: a block or section, or nothing."""
    for step in _ladder(origin, block_map, found):
        if step.block is not None and not any(refuses(one, step) for one in rejected):
            return replace(step, reason=REJECTED)
    return replace(ORPHAN, reason=REJECTED)


def _ladder(origin: Origin, block_map: BlockMap, found: Placement) -> Iterator[Placement]:
    """Yield where a thread may stand that has no words: its block, what held that, its section."""
    index = block_map.places.get((origin.section, origin.key), -1)
    target = block_map.targets[index] if index >= 0 else -1
    if target >= 0:
        home = block_map.new[target]
        if found.start is not None and (home.section, home.key) == (found.section, found.block):
            yield at("outdated", 0.5, home, REJECTED)
    yield climb(origin, block_map)
    section = block_map.section(origin.section)
    root = block_map.owners.get((section, section))
    if root is not None:
        yield at("outdated", 0.2, block_map.new[root], REJECTED)
