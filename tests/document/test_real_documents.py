"""Real revisions of design documents, read from the shared tools when they are there."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from planpush.document.anchoring.reanchor import place_all, words_at
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))[::9][:8]
STATES = {"exact", "moved", "edited", "outdated", "orphaned"}

pytestmark = pytest.mark.skipif(
    len(FILES) < 6, reason="the pairs of real revisions are not at ../shared/tools/anchors/pairs"
)


def revisions(path: Path) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    pair: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    old, new = (build("document", clean(pair[side])).blocks for side in ("old_html", "new_html"))
    return old, new


def spans(blocks: tuple[Block, ...]) -> dict[int, Place]:
    """Return five places in the longer blocks, the same each time."""
    chance = random.Random(7)
    long = [block for block in blocks if len(block.text) > 60 and not block.element]
    places = {}
    for number, block in enumerate(chance.sample(long, 5)):
        start = chance.randrange(len(block.text) - 40)
        quote = block.text[start : start + 40].strip()
        start = block.text.index(quote, start)
        places[number] = Place("document", block.key, quote, start=start, end=start + len(quote))
    return places


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_no_comment_is_lost(path):
    old, new = revisions(path)
    origins = {number: locate(old, 1, where) for number, where in spans(old).items()}
    found = place_all(origins, {1: old}, new)
    assert found.keys() == origins.keys() and len(found) == 5
    for number, placement in found.items():
        assert placement.state in STATES and placement.reason
        assert placement.state == "orphaned" or words_at(new, placement)
        if placement.state in ("exact", "moved"):
            assert words_at(new, placement) == origins[number].exact


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_pushing_the_same_again_moves_nothing(path):
    old, _ = revisions(path)
    origins = {number: locate(old, 1, where) for number, where in spans(old).items()}
    for number, placement in place_all(origins, {1: old}, old).items():
        origin = origins[number]
        assert (placement.state, placement.block) == ("exact", origin.key)
        assert (placement.start, placement.end) == (origin.start, origin.end)
