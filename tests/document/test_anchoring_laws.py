"""What holds for every pair of documents and every thread."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.anchoring.reanchor import place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sections import build

TOKENS = "Each refresh replaces the token that it was made with, so a leak is detected."
KEYS = "The gateway verifies the signature with cached keys before it asks anybody."


def blocks(html: str) -> list[Block]:
    return list(build("s0", html).blocks)


LINE = st.sampled_from([TOKENS, KEYS, "yes", "no", "世界", "a b c", "שלום"])
PAGE = st.lists(LINE, min_size=1, max_size=8).map(
    lambda lines: "".join(f"<p>{t}</p>" for t in lines)
)


def everywhere(document: list[Block]) -> dict[int, Origin]:
    leaves = [block for block in document if not block.element]
    spans = [(block, n) for block in leaves for n in range(0, len(block.text), 9)]
    return {
        at: locate(document, 1, Place(b.section, b.key, b.text[n:].strip()[:20]))
        for at, (b, n) in enumerate(spans)
        if b.text.count(b.text[n:].strip()[:20]) == 1
    }


@settings(deadline=None)
@given(PAGE)
def test_the_same_document_again_changes_nothing(page):
    document = blocks(page)
    origins = everywhere(document)
    for key, found in place_all(origins, {1: document}, blocks(page)).items():
        origin = origins[key]
        where = (found.state, found.block, found.start, found.end)
        assert where == ("exact", origin.key, origin.start, origin.end)


@settings(deadline=None)
@given(PAGE, PAGE, st.randoms(use_true_random=False))
def test_the_order_of_threads_does_not_matter(old, new, chance):
    before, after = blocks(old), blocks(new)
    origins = everywhere(before)
    mixed = list(origins.items())
    chance.shuffle(mixed)
    whole = place_all(origins, {1: before}, after)
    assert place_all(dict(mixed), {1: before}, after) == whole
    for key, origin in mixed:
        assert place_all({key: origin}, {1: before}, after)[key] == whole[key]


@settings(deadline=None)
@given(PAGE, PAGE)
def test_words_are_where_a_placement_says(old, new):
    before, after = blocks(old), blocks(new)
    origins = everywhere(before)
    for key, found in place_all(origins, {1: before}, after).items():
        if found.state in ("exact", "moved"):
            assert words_at(after, found) == origins[key].exact


@settings(deadline=None)
@given(PAGE, st.text("ab<", max_size=5))
def test_two_threads_never_swap(page, added):
    before, after = blocks(page), blocks(f"<p>new {len(added)}</p>{page}")
    origins = everywhere(before)
    found = place_all(origins, {1: before}, after)
    sure = [key for key in origins if found[key].state == "exact"]
    for one, other in pairwise(sure):
        assert (found[one].block, found[one].start) < (found[other].block, found[other].start)
