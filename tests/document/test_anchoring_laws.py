"""What holds for every pair of documents and every thread."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.anchoring.reanchor import better, place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build
from planpush.errors import Problem

LAW = settings(deadline=None, max_examples=40)
PAIRS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))[::9][:8]
TOKENS = "Each refresh replaces the token that it was made with, so a leak is detected."
KEYS = "The gateway verifies the signature with cached keys before it asks anybody."
STEPS = ["Install the agent on the first host.", "Install the agent on the other host."]


def blocks(texts: Iterable[str]) -> list[Block]:
    return list(build("s0", "".join(f"<p>{text}</p>" for text in texts)).blocks)


LINE = st.sampled_from([TOKENS, KEYS, *STEPS, "yes", "no", "世界", "a b c", "שלום"])
PAGE = st.lists(LINE, min_size=1, max_size=8)


def everywhere(document: list[Block]) -> dict[int, Origin]:
    leaves = [block for block in document if not block.element]
    spans = [(block, n) for block in leaves for n in range(0, len(block.text), 9)]
    return {
        at: locate(document, 1, Place(b.section, b.key, b.text[n:].strip()[:20]))
        for at, (b, n) in enumerate(spans)
        if b.text.count(b.text[n:].strip()[:20]) == 1
    }


@LAW
@given(PAGE)
def test_the_same_document_again_changes_nothing(page):
    document = blocks(page)
    origins = everywhere(document)
    for key, found in place_all(origins, {1: document}, blocks(page)).items():
        origin = origins[key]
        where = (found.state, found.block, found.start, found.end)
        assert where == ("exact", origin.key, origin.start, origin.end)


@LAW
@given(PAGE, PAGE, st.randoms(use_true_random=False))
def test_words_are_where_a_placement_says_whatever_the_order_of_threads(old, new, chance):
    before, after = blocks(old), blocks(new)
    origins = everywhere(before)
    mixed = list(origins.items())
    chance.shuffle(mixed)
    whole = place_all(origins, {1: before}, after)
    assert place_all(dict(mixed), {1: before}, after) == whole
    for key, origin in mixed:
        assert place_all({key: origin}, {1: before}, after)[key] == whole[key]
        if whole[key].state in ("exact", "moved"):
            assert words_at(after, whole[key]) == origin.exact


@LAW
@given(PAGE, st.text("ab", max_size=5))
def test_two_threads_never_swap(page, added):
    before, after = blocks(page), blocks([f"new {added}", *page])
    origins = everywhere(before)
    found = place_all(origins, {1: before}, after)
    sure = [key for key in origins if found[key].state == "exact"]
    for one, other in pairwise(sure):
        assert (found[one].block, found[one].start) < (found[other].block, found[other].start)


@LAW
@given(PAGE, PAGE, PAGE, PAGE)
def test_what_comes_back_is_exact_whatever_was_between(first, second, third, around):
    old, back = blocks(first), blocks(first)
    leaves = [block for block in old if not block.element]
    origins = {b.key: locate(old, 1, Place("s0", b.key, b.text, start=0)) for b in leaves}
    for between in (second, third, [*around, *first]):
        through = place_all(origins, {1: old}, blocks(between))
        for key, found in place_all(origins, {1: old}, back).items():
            assert better(found, through[key]).state == "exact"
            assert (found.block, words_at(back, found)) == (key, origins[key].exact)


WORDS = ["שלום", "العالم", "世界", "ありがとう", "👩‍💻", "🇩🇪", "e\u0301te\u0301", "n\u0303", "ก็ดี",
         "plain", "a\u0327\u0302"]  # fmt: skip
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=3, max_size=8).map(" ".join)


@LAW
@given(st.lists(SENTENCE, min_size=1, max_size=4), SENTENCE, st.data())
def test_every_script_is_exact_in_either_form(texts, added, data):
    old = blocks(unicodedata.normalize("NFD", text) for text in texts)
    new = blocks([*(unicodedata.normalize("NFC", text) for text in texts), f"new {added} here"])
    block = data.draw(st.sampled_from([b for b in old if not b.element]))
    start = data.draw(st.integers(0, len(block.text) - 1))
    end = data.draw(st.integers(start + 1, len(block.text)))
    quote = block.text[start:end]
    if quote != quote.strip() or unicodedata.normalize("NFC", quote) != quote:
        return
    origin = locate(old, 1, Place("s0", block.key, quote, start=start, end=end))
    found = place_all({1: origin}, {1: old}, new)[1]
    if texts.count(texts[block.key - 1]) == 1:
        assert (found.state, words_at(new, found)) == ("exact", quote)


ANY = st.text(st.characters(codec=None), max_size=9)
NUMBER = st.none() | st.integers(-9, 90) | st.integers()
NAME = st.sampled_from(["", "s0", "token", "leak"]) | ANY


@LAW
@given(st.builds(Place, NAME, NUMBER, NAME, ANY, ANY, NUMBER, NUMBER, ANY, ANY))
def test_any_place_is_an_origin_or_a_problem(place):
    try:
        origin = locate(blocks([TOKENS, KEYS]), 1, place)
    except Problem as problem:
        assert problem.status in (400, 422) and problem.errors
        return
    assert origin.exact in origin.block_text


TUPLE = st.lists(ANY, max_size=3).map(tuple)
KINDS = st.sampled_from(["document", "element", "text", "cell", "node", "edge"])
HOSTILE = st.builds(
    Origin, st.integers(0, 3), KINDS, TUPLE, TUPLE, ANY | st.just(TOKENS), ANY,
    ANY | st.just("token"), ANY, ANY, NUMBER, NUMBER, ANY, ANY, ANY,
    st.integers(-2, 3) | st.integers(), ANY | st.just("s0"),
)  # fmt: skip


@LAW
@given(HOSTILE)
def test_a_hostile_origin_is_placed_or_orphaned(origin):
    old, new = blocks([TOKENS, KEYS]), blocks([KEYS, f"{TOKENS} More."])
    for versions in ({}, {1: old}):
        found = place_all({7: origin, 8: replace(origin, version=1)}, versions, new)
        assert set(found) == {7, 8}
        for placement in found.values():
            assert words_at(new, placement) or placement.block is None


def spans(found: tuple[Block, ...]) -> dict[int, Origin]:
    """Return five places in the longer blocks, the same each time."""
    chance = random.Random(7)
    long = [block for block in found if len(block.text) > 60 and not block.element]
    origins = {}
    for number, block in enumerate(chance.sample(long, 5)):
        start = chance.randrange(len(block.text) - 40)
        quote = block.text[start : start + 40].strip()
        start = block.text.index(quote, start)
        place = Place("document", block.key, quote, start=start, end=start + len(quote))
        origins[number] = locate(found, 1, place)
    return origins


@pytest.mark.skipif(len(FILES) < 6, reason="the pairs of real revisions are not at ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_no_comment_on_a_real_document_is_lost(path):
    pair: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    old, new = (build("document", clean(pair[side])).blocks for side in ("old_html", "new_html"))
    origins = spans(old)
    found = place_all(origins, {1: old}, new)
    assert found.keys() == origins.keys() and len(found) == 5
    for number, placement in found.items():
        assert placement.reason and (placement.state == "orphaned" or words_at(new, placement))
        if placement.state in ("exact", "moved"):
            assert words_at(new, placement) == origins[number].exact
    for number, placement in place_all(origins, {1: old}, old).items():
        where = (placement.state, placement.block, placement.start)
        assert where == ("exact", origins[number].key, origins[number].start)
