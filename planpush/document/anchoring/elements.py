"""Places a thread on an element by its key or label, or on the nearest remaining ancestor."""

from __future__ import annotations

from planpush.document.anchoring.duplicates import MARGIN
from planpush.document.anchoring.placement import (
    BLOCK_GONE,
    CHANGED,
    EQUALS,
    MOVED,
    ORPHAN,
    SAME,
    Placement,
    State,
    at,
)
from planpush.document.anchoring.target import Origin, label_of
from planpush.document.blocks import DRAWN, Block
from planpush.document.diff.blocks import BlockMap
from planpush.document.diff.words import ratio

_LABEL = 0.80
_STATES: dict[str, tuple[State, float, str]] = {
    "same": ("exact", 1.0, SAME),
    "moved": ("moved", 0.95, MOVED),
    "edited": ("edited", 0.8, CHANGED),
    "rewritten": ("edited", 0.7, CHANGED),
}


def element(origin: Origin, block_map: BlockMap) -> Placement | None:
    """Place a comment on an element, a cell or a block as a whole."""
    index = block_map.places.get((origin.section, origin.key), -1)
    if origin.key == 0 or index in block_map.owned:
        return _owner(origin, block_map) or _block(index, block_map)
    found = _block(index, block_map)
    if found or index < 0 or block_map.relations[index] == "unsure":
        return found
    return _cell(origin, block_map)


def _owner(origin: Origin, block_map: BlockMap) -> Placement | None:
    """Find an element by its key, else by its label."""
    anchor = origin.anchors[0] if origin.anchors else origin.section
    section = block_map.section(origin.section)
    if origin.key == 0:
        anchor = section
    j = block_map.owners.get((section, anchor))
    if j is not None:
        return _drawn(origin, block_map, block_map.new[j])
    found = [j for (_, key), j in block_map.owners.items() if key == anchor]
    if len(found) == 1:
        return at("moved", 0.95, block_map.new[found[0]], MOVED)
    return _labelled(origin, block_map)


def _drawn(origin: Origin, block_map: BlockMap, block: Block) -> Placement:
    """An element is itself whatever it holds; a part of a drawing is what it is called."""
    if block.tag != DRAWN or block.text == origin.block_text:
        return at("exact", 1.0, block, SAME)
    owners = [block_map.new[j] for j in block_map.owners.values()]
    named = [one for one in owners if one.tag == DRAWN and one.text == origin.block_text]
    if len(named) == 1:
        return at("moved", 0.95, named[0], MOVED)
    return at("edited", 0.8, block, CHANGED)


def _labelled(origin: Origin, block_map: BlockMap) -> Placement | None:
    free = [block_map.new[j] for j in block_map.owners.values() if j not in block_map.taken]
    scored = sorted(
        (ratio(origin.label, label_of(block), _LABEL), -n)
        for n, block in enumerate(free)
        if block.tag == origin.block_tag and (block.key == 0) == (origin.key == 0)
    )
    if not scored or scored[-1][0] < _LABEL:
        return None
    if len(scored) > 1 and scored[-1][0] - scored[-2][0] < MARGIN:
        return None
    score, n = scored[-1]
    return at("moved", score - 0.1, free[-n], MOVED)


def _block(index: int, block_map: BlockMap) -> Placement | None:
    """Follow a block through the map."""
    if index < 0 or block_map.relations[index] not in _STATES or block_map.old[index].element:
        return None
    state, sure, reason = _STATES[block_map.relations[index]]
    return at(state, sure, block_map.new[block_map.targets[index]], reason)


def _cell(origin: Origin, block_map: BlockMap) -> Placement | None:
    """Find a cell whose row or column was renamed a little."""
    if not (origin.row and origin.column):
        return None
    section = block_map.section(origin.section)
    found = [
        block
        for block in block_map.cells.get(section, ())
        if block.tag == origin.block_tag
        and ratio(origin.row, block.row, _LABEL)
        and ratio(origin.column, block.column, _LABEL)
    ]
    if len(found) != 1:
        return None
    same = found[0].text == origin.block_text
    return at("exact" if same else "edited", 0.8, found[0], SAME if same else CHANGED)


def climb(origin: Origin, block_map: BlockMap, unsure: bool = False) -> Placement:
    """Return what is left of where a gone block stood: its element, heading or section."""
    reason = EQUALS if unsure else BLOCK_GONE
    section = block_map.section(origin.section)
    for anchor in origin.anchors[:-1]:
        j = block_map.owners.get((section, anchor))
        if j is not None:
            return at("outdated", 0.4, block_map.new[j], reason)
    near = _heading(origin, block_map, section)
    if near is not None:
        return at("outdated", 0.3, near, reason)
    j = block_map.owners.get((section, section))
    if j is not None:
        return at("outdated", 0.2, block_map.new[j], reason)
    near = _heading(origin, block_map, "")
    return at("outdated", 0.2, near, reason) if near is not None else ORPHAN


def _heading(origin: Origin, block_map: BlockMap, section: str) -> Block | None:
    """Return the innermost heading of the origin's path that stands once in `section`."""
    for title in reversed(origin.headings[1:] if section else origin.headings):
        found = block_map.titles.get((section, title), ())
        if len(found) == 1:
            return found[0]
    return None
