"""Edits that tempt: likenesses, repetitions, parts of paragraphs, hostile origins, every script."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.anchoring.placement import CONFIRM
from planpush.document.anchoring.reanchor import Placement, better, place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sections import build
from planpush.errors import Problem

TOKENS = "Each refresh replaces the token that it was made with, so a leak is detected."
KEYS = "The gateway verifies the signature with cached keys before it asks anybody."
STEPS = ["Install the agent on the first host.", "Install the agent on the other host."]


def blocks(*texts: str) -> list[Block]:
    return list(build("s0", "".join(f"<p>{escape(text)}</p>" for text in texts)).blocks)


def carry(old: list[Block], new: list[Block], quote: str, key: int) -> tuple[Placement, str]:
    block = next(b for b in old if b.key == key)
    start = block.text.index(quote)
    origin = locate(old, 1, Place("s0", key, quote, start=start))
    found = place_all({1: origin}, {1: old}, new)[1]
    return found, words_at(new, found)


@pytest.mark.parametrize("quote", ["a leak is", "it asks", TOKENS])
def test_a_paragraph_may_be_split_or_joined(quote):
    whole, parts = blocks("x", f"{KEYS} {TOKENS}", "y"), blocks("x", KEYS, TOKENS, "y")
    long = quote if len(quote) > 20 else f"cached keys before {quote}" if "ask" in quote else TOKENS
    found, words = carry(whole, parts, long, 2)
    assert found.state in ("exact", "moved") and words == long
    found, words = carry(parts, whole, long, 2 if long in KEYS else 3)
    assert found.state in ("exact", "moved") and words == long


def test_the_first_half_that_stays_keeps_its_short_quotes():
    old = blocks("x", f"{KEYS} {TOKENS} {TOKENS[::-1]} {KEYS[::-1]}", "y")
    found, words = carry(old, blocks("x", KEYS, "y"), "it asks", 2)
    assert (found.state, words) == ("exact", "it asks")


def test_of_a_repeated_quote_the_other_one_is_not_taken():
    old = blocks("Portland, OR, 5 hours ago. Then Portland, OR, 5 hours later.", "end")
    new = blocks("Portland, OR, two hours ago. Then Portland, OR, 5 hours later.", "end")
    found, words = carry(old, new, "Portland, OR, 5 hours", 1)
    assert (found.state, words) == ("edited", "Portland, OR, two hours")


def test_words_that_changed_are_not_looked_for_at_the_other_end_of_the_block():
    old = blocks(f"{TOKENS} Then call the webhook first. {KEYS} And a webhook last.", "end")
    new = blocks(
        f"{TOKENS} Now. {KEYS} And a webhook last. We call another webhook first aid.", "end"
    )
    found, _ = carry(old, new, "call the webhook first.", 1)
    assert found.state == "outdated"


def test_marks_end_where_words_end():
    old = blocks(f"It says that retries are limited to three each. {KEYS}", "end")
    new = blocks(f"It states retries were limited to thirty in each. {KEYS}", "end")
    found, words = carry(old, new, "retries are limited to three", 1)
    assert found.state == "edited" and set(words.split()) <= set(new[1].text.split())


def test_a_text_after_a_pattern_is_at_most_asked_about():
    filler = [f"{word} stands alone, and nothing is like it here." for word in ("Alpha", "Beta")]
    old = blocks(*STEPS, *filler, KEYS)
    new = blocks(STEPS[1], *filler, KEYS, "Install the agent on the third host.")
    assert carry(old, new, STEPS[0], 1)[0].reason == CONFIRM
    assert carry(old, new, "on the first host", 1)[0].state == "outdated"
    assert carry(old, new, STEPS[1], 2)[0].state == "exact"


WORDS = [
    "שלום",
    "العالم",
    "世界",
    "ありがとう",
    "👩‍💻",
    "🇩🇪",
    "e\u0301te\u0301",
    "n\u0303",
    "ก็ดี",
    "plain",
    "a\u0327\u0302",
]
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=3, max_size=8).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(st.lists(SENTENCE, min_size=1, max_size=4), SENTENCE, st.data())
def test_every_script_is_exact_in_either_form(texts, added, data):
    old = blocks(*(unicodedata.normalize("NFD", text) for text in texts))
    new = blocks(*(unicodedata.normalize("NFC", text) for text in texts), f"new {added} here")
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


LINES = st.lists(st.sampled_from([TOKENS, KEYS, *STEPS, "yes", "no"]), min_size=1, max_size=7)


@settings(deadline=None, max_examples=40)
@given(LINES, LINES, LINES, LINES)
def test_what_comes_back_is_exact_whatever_was_between(first, second, third, around):
    old, back = blocks(*first), blocks(*first)
    leaves = [block for block in old if not block.element]
    origins = {b.key: locate(old, 1, Place("s0", b.key, b.text, start=0)) for b in leaves}
    for between in (second, third, [*around, *first]):
        through = place_all(origins, {1: old}, blocks(*between))
        assert through == place_all(origins, {1: old}, blocks(*between))
        for key, found in place_all(origins, {1: old}, back).items():
            assert better(found, through[key]).state == "exact"
            assert (found.block, words_at(back, found)) == (key, origins[key].exact)


ANY = st.text(st.characters(codec=None), max_size=9)
NUMBER = st.none() | st.integers(-9, 90) | st.integers()


@settings(deadline=None, max_examples=80)
@given(st.builds(Place, ANY | st.just("s0"), NUMBER, ANY, ANY, ANY, NUMBER, NUMBER, ANY, ANY))
def test_a_hostile_place_is_refused(place):
    try:
        locate(blocks(TOKENS, KEYS), 1, place)
    except Problem as problem:
        assert 400 <= problem.status < 500


HOSTILE = st.builds(
    Origin,
    st.integers(0, 3),
    st.sampled_from(["document", "element", "text", "cell", "node", "edge"]),
    st.lists(ANY, max_size=3).map(tuple),
    st.lists(ANY, max_size=3).map(tuple),
    ANY | st.just(TOKENS),
    ANY,
    ANY | st.just("token"),
    ANY,
    ANY,
    NUMBER,
    NUMBER,
    ANY,
    ANY,
    ANY,
    st.integers(-2, 3) | st.integers(),
    ANY | st.just("s0"),
)


@settings(deadline=None, max_examples=80)
@given(HOSTILE)
def test_a_hostile_origin_is_placed_or_orphaned(origin):
    old, new = blocks(TOKENS, KEYS), blocks(KEYS, f"{TOKENS} More.")
    for versions in ({}, {1: old}):
        found = place_all({7: origin, 8: replace(origin, version=1)}, versions, new)
        assert set(found) == {7, 8}
        for placement in found.values():
            assert words_at(new, placement) or placement.block is None
