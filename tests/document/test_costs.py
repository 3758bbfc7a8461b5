"""What hostile documents cost: each of these once took seconds or minutes."""

import random
import re
import string
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worst_documents import EQUAL, LINTED, MANY, NESTED, prose
from planpush.document import secret_scanner
from planpush.document.anchoring.reanchor import place_all, words_at
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block, normalise
from planpush.document.lint.linter import lint, review
from planpush.document.sections import MOST_SECTIONS, cut
from planpush.errors import Invalid, InvalidDocument
from tests.steps import LINEAR, growth


def attempt(work: Callable[[], object], *codes: str) -> None:
    """Do what may be refused, but then only so."""
    try:
        work()
    except Invalid as problem:
        assert problem.errors[0].code in codes


@pytest.mark.parametrize("name", MANY)
def test_too_many_sections_are_refused_at_once(name):
    with pytest.raises(InvalidDocument) as refused:
        cut(MANY[name].whole)
    assert refused.value.errors[0].code == "too_many_sections"
    attempts = lambda size: attempt(lambda: cut(MANY[name].make(size)), "too_many_sections")  # noqa: E731
    assert growth(attempts, 240) < LINEAR
    assert growth(attempts, 3_000) < LINEAR


def test_equal_headings_are_numbered_in_linear_work():
    anchors = [piece.anchor for piece in cut(EQUAL.whole).pieces]
    assert anchors[:3] == ["a-1", "a", "a-2"] and len(set(anchors)) == MOST_SECTIONS
    assert growth(lambda size: cut(EQUAL.make(size)), 240) < LINEAR


@pytest.mark.parametrize("name", NESTED)
def test_depth_does_not_multiply(name):
    def work(size: int) -> None:
        attempt(lambda: cut(NESTED[name].make(size)), "duplicate_anchor", "too_many_sections")

    assert growth(work, 900) < LINEAR
    work(NESTED[name].full)


@pytest.mark.parametrize("around", ["{}", "x_{}", "({})", "token: {}.", "{}_x", "{}{}"])
def test_any_token_by_its_shape_is_found(around):
    chance = random.Random(3)
    marks = string.ascii_letters + string.digits
    bodies = ["".join(chance.choices(marks, k=36)) for _ in range(200)]
    for body in ["abcdefghijklmnopqrstuvwxyz0123456789", *bodies]:
        token = "gh" + "p_" + body
        assert secret_scanner.scan(f"<p>{around.format(token, ' ')}</p>"), body


@pytest.mark.long
@pytest.mark.parametrize("name", LINTED)
def test_linting_is_linear_and_says_at_most_fifty_things(name):
    def work(size: int) -> None:
        html = f'<section data-anchor="a"><h2>x</h2>{LINTED[name].make(size)}</section>'
        assert all(len(found) <= 50 for found in lint([("a", html)]))
        assert all(len(found) <= 50 for found in review([("a", html)]))

    assert growth(work, max(1, LINTED[name].full // 100)) < LINEAR
    work(LINTED[name].full)


def para(text: str, key: int) -> Block:
    return Block("s", key, "p", text, ("s",), ("H",))


def leaves(size: int) -> list[Block]:
    return [para("x " * 40 + "x", key) for key in range(1, size + 1)]


def elements(size: int) -> list[Block]:
    keys = range(4_000, 4_000 + 7 * size)
    boxes = [Block("s", n, "li", "y", (f"k{n}", "s"), ("H",), element=True) for n in keys]
    return [*leaves(12), *boxes]


@pytest.mark.parametrize("context", [{}, {"prefix": "x x "}, {"suffix": "y"}])
@pytest.mark.parametrize("blocks", [leaves, elements])
def test_a_quote_that_is_everywhere_is_refused_at_once(blocks, context):
    def work(size: int) -> None:
        with pytest.raises(Invalid) as refused:
            locate(blocks(size), 1, Place(quote="x", **context))
        assert refused.value.errors[0].field == "quote"

    assert growth(work, 300) < LINEAR
    work(3_000)


def test_a_quote_that_only_spaces_tell_from_the_text_costs_little():
    def work(size: int) -> None:
        attempt(
            lambda: locate([para("a b " * size, 1)], 1, Place(quote="ab a b", prefix="b")),
            "bad_quote",
        )

    assert growth(work, 5_000) < LINEAR
    with pytest.raises(Invalid):
        locate([para("a b " * 250_000, 1)], 1, Place(quote="ab a b", prefix="b"))


def revised(count: int, length: int, size: int) -> tuple[list[Block], list[Block], dict]:
    """Return long blocks, the same ones reworded here and there, and threads on the former."""
    chance = random.Random(1)
    texts = prose(count, length, 1)
    old = [para(text, key) for key, text in enumerate(texts, 1)]
    new = [para(edited(text, chance), key) for key, text in enumerate(texts, 1)]
    origins = {}
    for thread in range(40):
        block, at = chance.choice(old), chance.randrange(100, 4_000)
        quote, prefix = block.text[at : at + size].strip(), block.text[at - 90 : at]
        origins[thread] = locate(old, 1, Place("s", block.key, quote, prefix))
    return old, new, origins


def edited(text: str, chance: random.Random) -> str:
    pieces = text.split(" ")
    for _ in range(len(pieces) // 50):
        pieces[chance.randrange(len(pieces))] = "z"
    return " ".join(pieces)


@pytest.mark.parametrize("size", [15, 300, 3_900])
@pytest.mark.parametrize("count", [2, 8])
def test_threads_on_long_edited_blocks_take_linear_work(count, size):
    def work(made: tuple[list[Block], list[Block], dict]) -> None:
        old, new, origins = made
        assert place_all(origins, {1: old}, new).keys() == origins.keys()

    assert growth(work, 2_000, lambda length: revised(count, max(length, 900), size)) < LINEAR


def test_words_in_a_long_block_follow_its_unchanged_ends():
    words = " ".join(f"w{n}" for n in range(9_000))
    old, new = [para(f"alpha {words} omega", 1)], [para(f"alpha {words[:30_000]} omega", 1)]
    origins = {n: locate(old, 1, Place("s", 1, q)) for n, q in enumerate(["alpha", "omega"])}
    found = place_all(origins, {1: old}, new)
    assert [words_at(new, found[n]) for n in origins] == ["alpha", "omega"]


@pytest.mark.long
@settings(deadline=None)
@given(st.text())
def test_normalising_is_what_it_was(text):
    once = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    assert normalise(text) == once


def test_white_space_is_the_same_set():
    every = [chr(n) for n in range(0x110000)]
    assert [c for c in every if re.match(r"\s", c)] == [c for c in every if c.isspace()]


def test_a_diagram_in_an_attribute_hides_no_markup_from_the_limits():
    drawn = "flowchart TD\nA--&gt;B</pre>" + "<div>" * 40_000
    page = f"<h2>Part</h2><p title=\"<pre class='pp-diagram'>{drawn}\">x</p>"
    errors, _ = review([("part", page)])
    assert "too_deep" in {error.code for error in errors}
