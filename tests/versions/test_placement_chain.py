"""A push must not fail because a thread's place on the version before reads oddly."""

from __future__ import annotations

import pytest

from planpush.document.anchoring.placement import Placement
from planpush.document.blocks import Block
from planpush.versions.placements import hop_of

BLOCKS = (Block("a", 0, "section", "A", ("a",)), Block("a", 1, "p", "one two three", ("a",)))


@pytest.mark.parametrize(("start", "end"), [(3, 7), (3, 8), (4, 4), (0, 13), (90, 95), (3, 4)])
def test_a_hop_is_made_or_left_out(start, end):
    placed = Placement("edited", 0.8, "a", 1, start, end, "")
    hop = hop_of(placed, 2, BLOCKS)
    words = BLOCKS[1].text[start:end].strip()
    assert (hop.exact if hop else "") == words
