"""How much of two versions is compared block by block: what is beyond is shown as wholes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planpush.content.blocks import Block

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
        if not effort.allows(_size(old.get(anchor, ())) + _size(new.get(anchor, ())))
    }


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks) + _BLOCK * len(blocks)
