"""Lists the changes between two versions by section, block and word, within a budget."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from planpush.document.blocks import Block
from planpush.document.diff.alignment import unique
from planpush.document.diff.blocks import BlockMap, Went, map_blocks, pairs, places
from planpush.document.diff.update import increment
from planpush.document.diff.words import Word, reworded

MAPPED = 2_200_000
"""Characters of sections that differ, of both versions together, that are mapped."""

_BLOCK = 15  # what a block costs beside its characters


class Effort:
    """What is left of an effort."""

    def __init__(self, most: int) -> None:
        self.left = most

    def allows(self, size: int) -> bool:
        """Take `size` if that much is left, and tell whether it was."""
        if size > self.left:
            return False
        self.left -= size
        return True


def too_much(
    old: Mapping[str, Sequence[Block]], new: Mapping[str, Sequence[Block]], most: int = MAPPED
) -> set[str]:
    """Return the sections, by their newer anchors, that are not compared block by block.

    Both are the blocks of those that differ. A large section takes no place from later ones.
    """
    effort = Effort(most)
    return {
        anchor
        for anchor in {**new, **old}
        if not effort.allows(_block_chars(old.get(anchor, ())) + _block_chars(new.get(anchor, ())))
    }


def _block_chars(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks) + _BLOCK * len(blocks)


State = Literal["same", "changed", "added", "removed", "moved", "renamed"]
BlockState = Literal["changed", "added", "removed", "moved"]

_COMPARED = 1_000_000  # characters of changed blocks that are compared word by word
_EDITED = ("edited", "rewritten")


@dataclass(frozen=True, slots=True)
class Part:
    """A section of one version. Equal `content` is the same section: its blocks are not needed."""

    anchor: str
    title: str
    content: Hashable
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A block before and after; `words` lead from one text to the other, if both are there.

    One that went to another section is told in both, so that neither seems untouched. Of a
    comparison with more changed text than can be compared word by word, the last have no words.
    """

    state: BlockState
    before: Block | None
    after: Block | None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A section of the newer version, or one that it has no more; `was` is it before.

    A state "changed" without changes means that only the markup differs. "renamed" has another
    anchor and the same words. `moved` tells that others kept their order and this one did not.
    `went` tells of the blocks of `was`, by key, in which section and block they are now. Of one
    that `is_whole` all blocks went and came: too much differs to compare them.
    """

    state: State
    moved: bool
    part: Part
    was: Part | None
    changes: tuple[Change, ...] = ()
    went: Mapping[int, tuple[str, int]] = field(default_factory=dict, repr=False)
    is_whole: bool = False


def compare(old: Sequence[Part], new: Sequence[Part], *, worded: bool = True) -> list[Compared]:
    """Return every section of `new` in order; what was removed stands where it stood.

    Without `worded` changed blocks have no words: a page tells them itself.
    """
    renames = _renames(old, new)
    earlier = {renames.get(part.anchor, part.anchor): part for part in old}
    later = {part.anchor: part for part in new}
    changes, went, wholes = _mapped(earlier, later, renames)
    gone = increment(
        {anchor: part.content for anchor, part in earlier.items()},
        {anchor: part.content for anchor, part in later.items()},
    ).gone
    moved = {anchor for anchor in gone if anchor in later}
    found = [
        replace(one, is_whole=one.state == "changed" and anchor in wholes)
        for anchor in _woven(list(earlier), list(later), moved)
        for one in _compared(
            later.get(anchor), earlier.get(anchor), anchor in moved, changes.get(anchor, []), went
        )
    ]
    return list(_worded(found)) if worded else found


def _mapped(
    old: Mapping[str, Part], new: Mapping[str, Part], renames: Mapping[str, str]
) -> tuple[dict[str, list[Change]], Went, set[str]]:
    """Return the changes by section, where blocks went, and which sections are wholes."""
    shared = {part.content for part in old.values()} & {part.content for part in new.values()}
    was, now = (
        {anchor: part.blocks for anchor, part in side.items() if part.content not in shared}
        for side in (old, new)
    )
    wholes = too_much(was, now)
    before, after = (
        [block for anchor, blocks in side.items() if anchor not in wholes for block in blocks]
        for side in (was, now)
    )
    changes, went = _changes(map_blocks(before, after, renames))
    changes |= {anchor: _all(was.get(anchor, ()), now.get(anchor, ())) for anchor in wholes}
    return changes, went, wholes


def _all(was: Sequence[Block], now: Sequence[Block]) -> list[Change]:
    """Return that all blocks went and others came."""
    gone = [Change("removed", block, None) for block in was if _told(block)]
    return gone + [Change("added", None, block) for block in now if _told(block)]


def _renames(old: Sequence[Part], new: Sequence[Part]) -> dict[str, str]:
    """Return old to new anchors of sections that share most of their words and have no rival."""
    kept = {part.anchor for part in old} & {part.anchor for part in new}
    removed = [part for part in old if part.anchor not in kept]
    added = [part for part in new if part.anchor not in kept]
    olds, news = _texts(removed), _texts(added)
    shared: Counter[tuple[int, int]] = Counter()
    for text, at in olds.items():
        if text in news:
            shared[at, news[text]] += len(text)
    return {
        removed[i].anchor: added[j].anchor
        for (i, j), size in shared.items()
        if 2 * size > max(_size(removed[i]), _size(added[j]))
    }


def _texts(parts: Sequence[Part]) -> dict[str, int]:
    """Return the texts that stand once in these sections, and in which."""
    return unique(
        (block.text, at) for at, part in enumerate(parts) for block in part.blocks if _told(block)
    )


def _size(part: Part) -> int:
    return sum(len(block.text) for block in part.blocks if _told(block))


def _told(block: Block) -> bool:
    """Tell whether a block has words of its own: a leaf, or a part of a drawing."""
    return not block.element or block.tag == "g"


def _changes(mapped: BlockMap) -> tuple[dict[str, list[Change]], Went]:
    """Return the changes of each section in order, by its newer anchor, and where blocks went."""
    paired = pairs(mapped)
    taken = {j: i for i, j in paired.items()}
    left = _left(mapped, paired)
    found: dict[str, list[Change]] = defaultdict(list)
    for j, block in enumerate(mapped.new):
        section = block.section
        if section not in found:
            found[section] += left.pop((section, -1), [])
        found[section] += _change(mapped, taken.get(j, -1), j)
        found[section] += left.pop((section, j), [])
    for (section, _), rest in left.items():
        found[section] += rest
    return found, places(mapped, paired)


def _left(mapped: BlockMap, pairs: Mapping[int, int]) -> dict[tuple[str, int], list[Change]]:
    """Return what left each section, by the block that it stood behind (-1: it was the first)."""
    found: dict[tuple[str, int], list[Change]] = defaultdict(list)
    last: dict[str, int] = {}
    for i, block in enumerate(mapped.old):
        section, j = mapped.section(block.section), pairs.get(i, -1)
        if j >= 0 and mapped.new[j].section == section:
            last[section] = j
        elif j >= 0:
            found[section, last.get(section, -1)] += _change(mapped, i, j)
        elif _told(block):
            found[section, last.get(section, -1)].append(Change("removed", block, None))
    return found


def _change(mapped: BlockMap, i: int, j: int) -> list[Change]:
    block = mapped.new[j]
    if not _told(block):
        return []
    if i < 0:
        return [Change("added", None, block)]
    was, relation = mapped.old[i], mapped.relations[i]
    if relation in _EDITED:
        return [Change("changed", was, block)]
    elsewhere = mapped.section(was.section) != block.section
    return [Change("moved", was, block)] if relation == "moved" or elsewhere else []


def _compared(
    now: Part | None,
    was: Part | None,
    moved: bool,
    changes: Sequence[Change],
    went: Went,
) -> Iterator[Compared]:
    if was is None:
        state: State = "added"
    elif now is None:
        state = "removed"
    elif changes or (now.anchor == was.anchor and now.content != was.content):
        state = "changed"
    elif now.anchor != was.anchor:
        state = "renamed"
    else:
        state = "moved" if moved else "same"
    part = now or was
    if part is not None:
        places = went.get(was.anchor, {}) if was else {}
        yield Compared(state, moved, part, was, tuple(changes), places)


def _woven(old: Sequence[str], new: Sequence[str], moved: set[str]) -> Iterator[str]:
    """Yield the anchors of `new` in order, each followed by those that stood behind it once."""
    known, behind, last = set(new), defaultdict[str, list[str]](list), ""
    for anchor in old:
        if anchor not in known:
            behind[last].append(anchor)
        elif anchor not in moved:
            last = anchor
    yield from behind[""]
    for anchor in new:
        yield anchor
        yield from behind[anchor]


def _worded(found: Sequence[Compared]) -> Iterator[Compared]:
    """Add the words of changed blocks, as far as the sizes allow."""
    left = _COMPARED
    for section in found:
        changes = []
        for change in section.changes:
            was, now = change.before, change.after
            told = change
            if was and now and change.state == "changed":
                left -= len(was.text) + len(now.text)
                if left >= 0:
                    told = replace(change, words=reworded(was.text, now.text))
            changes.append(told)
        yield replace(section, changes=tuple(changes))
