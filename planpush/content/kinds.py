"""What a comment can sit on: the document, words, a cell, a part of a drawing, an element."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from planpush.content.blocks import Block

Kind = Literal["document", "element", "text", "cell", "node", "edge"]

DRAWN = "g"
"""The tag of a part of a drawing."""

_TELLING = 80
_ARROW = re.compile(" → ")


def kind_of(block: Block, blocks: Sequence[Block]) -> Kind:
    """Return what `block` as a whole is, among all `blocks` of its document."""
    if block.tag == DRAWN and block.element:
        return "edge" if _joins(block, blocks) else "node"
    return "cell" if not block.element and (block.row or block.column) else "element"


def _joins(block: Block, blocks: Sequence[Block]) -> bool:
    """Tell an edge from a node: it is called after the two parts of its section that it joins."""
    if block.text == "Edge":
        return True
    arrows = [(found.start(), found.end()) for found in _ARROW.finditer(block.text)]
    if not arrows:
        return False
    names = {
        other.text
        for other in blocks
        if other.tag == DRAWN and other.section == block.section and other.key != block.key
    }
    return any(
        block.text[:start] in names and any(_ends(block.text[end:], name) for name in names)
        for start, end in arrows
    )


def _ends(words: str, name: str) -> bool:
    """Tell whether an edge that ends in `words` leads to `name`; its own words stand behind it.

    The name of an edge is cut where it gets too long.
    """
    cut = len(words) > _TELLING and name.startswith(words)
    return cut or words == name or words.startswith(f"{name}: ")
