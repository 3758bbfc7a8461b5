"""What hostile documents cost: each of these once took seconds or minutes."""

import itertools
import random
import re
import string
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planpush.content import secrets
from planpush.content.anchoring import place_all, words_at
from planpush.content.blocks import Block, normalise
from planpush.content.cut import cut
from planpush.content.lint import lint, review
from planpush.content.origin import Place, locate
from planpush.content.problem import Invalid, InvalidDocument


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


MANY = [
    "<h2>a</h2>" * 14_000,
    "<div>" * 190 + "<h2>a</h2>" * 14_000,
    "".join(f"<p data-anchor=a{n}>x</p>" for n in range(14_000)),
]


@pytest.mark.parametrize("html", MANY, ids=["headings", "deep", "anchors"])
def test_too_many_sections_are_refused_at_once(html):
    start = time.process_time()
    with pytest.raises(InvalidDocument) as refused:
        cut(html)
    assert refused.value.errors[0].code == "too_many_sections"
    assert time.process_time() - start < 1.0


def test_equal_headings_are_numbered_in_linear_time():
    html = "<h2>a-1</h2>" + "<h2>a</h2>" * 1_999
    assert seconds(lambda: cut(html)) < 1.0
    anchors = [piece.anchor for piece in cut(html).pieces]
    assert anchors[:3] == ["a-1", "a", "a-2"] and len(set(anchors)) == 2_000


NESTED = [
    "<div>" * 190 + "<p data-anchor=a>x</p><b>y</b>" * 9_000,
    "<div>" * 150 + "<main>x</main>" * 9_000,
    "<div>" * 150 + "<section><p data-anchor=a>x</p></section>" * 9_000,
]


@pytest.mark.parametrize("html", NESTED, ids=["anchors", "mains", "wrappers"])
def test_depth_does_not_multiply(html):
    def work() -> None:
        try:
            cut(html)
        except InvalidDocument as problem:
            assert problem.errors[0].code in ("duplicate_anchor", "too_many_sections")

    assert seconds(work) < 1.5


SECRETS = [
    "-eyJ",
    "eyJaaaaaaaaaa-",
    "-eyJaaaaaaaaaa.eyJaaaaaaaaaaaa.",
    "ghp_",
    "github_pat_",
    "-xoxb-",
    "-ppt_",
    "AKIA",
    "-----BEGIN AA ",
    "hooks.slack.com/services/T",
    "secret" + "-" * 39,
    "token='",
]


@pytest.mark.parametrize("piece", SECRETS)
def test_scanning_for_secrets_is_linear(piece):
    assert seconds(lambda: secrets.scan(f"<p>{piece * (1_000_000 // len(piece))}</p>")) < 1.0


@pytest.mark.parametrize("around", ["{}", "x_{}", "({})", "token: {}.", "{}_x", "{}{}"])
def test_any_token_by_its_shape_is_found(around):
    chance = random.Random(3)
    marks = string.ascii_letters + string.digits
    bodies = ["".join(chance.choices(marks, k=36)) for _ in range(200)]
    for body in ["abcdefghijklmnopqrstuvwxyz0123456789", *bodies]:
        token = "gh" + "p_" + body
        assert secrets.scan(f"<p>{around.format(token, ' ')}</p>"), body


WORDS = " ".join(map("".join, itertools.product(string.ascii_lowercase + string.digits, repeat=3)))
LINTED = {
    "classes": f'<p class="{WORDS}">x</p>' * 5,
    "one class": f'<p class="{"zzz " * 240_000}">x</p>',
    "tables": "<table>" * 140_000,
    "anchors": "<p data-anchor=a>x</p>" * 45_000,
    "open tags": "<a " * 300_000,
}


@pytest.mark.parametrize("html", LINTED.values(), ids=LINTED)
def test_linting_is_linear_and_says_at_most_fifty_things(html):
    sections = [("a", f'<section data-anchor="a"><h2>x</h2>{html}</section>')]
    assert seconds(lambda: lint(sections)) < 1.5
    assert all(len(found) <= 50 for found in lint(sections))


def para(text: str, key: int) -> Block:
    return Block("s", key, "p", text, ("s",), ("H",))


REPEATED = [para("x " * 40 + "x", key) for key in range(1, 3_001)]
KEYS = [
    Block("s", n, "li", "y", (f"k{n}", "s"), ("H",), element=True) for n in range(4_000, 24_000)
]


@pytest.mark.parametrize("context", [{}, {"prefix": "x x "}, {"suffix": "y"}])
@pytest.mark.parametrize("blocks", [REPEATED, [*REPEATED[:12], *KEYS]], ids=["leaves", "elements"])
def test_a_quote_that_is_everywhere_is_refused_at_once(blocks, context):
    start = time.process_time()
    with pytest.raises(Invalid) as refused:
        locate(blocks, 1, Place(quote="x", **context))
    assert refused.value.errors[0].field == "quote"
    assert time.process_time() - start < 1.0


def test_a_quote_that_only_spaces_tell_from_the_text_costs_little():
    blocks = [para("a b " * 250_000, 1)]
    start = time.process_time()
    with pytest.raises(Invalid):
        locate(blocks, 1, Place(quote="ab a b", prefix="b"))
    assert time.process_time() - start < 1.0


def edited(text: str, chance: random.Random) -> str:
    pieces = text.split(" ")
    for _ in range(len(pieces) // 50):
        pieces[chance.randrange(len(pieces))] = "z"
    return " ".join(pieces)


@pytest.mark.parametrize("size", [15, 300, 3_900])
@pytest.mark.parametrize(("count", "length"), [(5, 180_000), (20, 45_000), (80, 3_000)])
def test_threads_on_long_edited_blocks_cost_little(count, length, size):
    chance = random.Random(1)
    words = [f"w{n}" for n in range(3_000)]
    texts = [" ".join(chance.choices(words, k=length)) for _ in range(count)]
    old = [para(text, key) for key, text in enumerate(texts, 1)]
    new = [para(edited(text, chance), key) for key, text in enumerate(texts, 1)]
    origins = {}
    for thread in range(200):
        block, at = chance.choice(old), chance.randrange(100, 5_000)
        quote, prefix = block.text[at : at + size].strip(), block.text[at - 90 : at]
        origins[thread] = locate(old, 1, Place("s", block.key, quote, prefix))
    assert seconds(lambda: place_all(origins, {1: old}, new)) < 2.5


def test_words_in_a_long_block_follow_its_unchanged_ends():
    words = " ".join(f"w{n}" for n in range(9_000))
    old, new = [para(f"alpha {words} omega", 1)], [para(f"alpha {words[:30_000]} omega", 1)]
    origins = {n: locate(old, 1, Place("s", 1, q)) for n, q in enumerate(["alpha", "omega"])}
    found = place_all(origins, {1: old}, new)
    assert [words_at(new, found[n]) for n in origins] == ["alpha", "omega"]


@given(st.text())
def test_normalising_is_what_it_was(text):
    once = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    assert normalise(text) == once


def test_white_space_is_the_same_set():
    every = [chr(n) for n in range(0x110000)]
    assert [c for c in every if re.match(r"\s", c)] == [c for c in every if c.isspace()]


LONG_RUNS = {
    "attribute": lambda n: f'<pre class="pp-diagram" {"a" * n}>x</pre>',
    "image": lambda n: f'<img alt="x" src="data:image/png;base64,AAAA{" " * n}!">',
    "paint": lambda n: (
        f'<svg role="img" aria-label="x"><path fill="url({" " * n}#a)"/></svg><p>x</p>'
    ),
}


@pytest.mark.parametrize("run", LONG_RUNS)
def test_one_long_run_costs_linear_time(run):
    html = LONG_RUNS[run](200_000)
    began = time.process_time()
    review([("part", html)])
    assert time.process_time() - began < 3


def test_a_diagram_in_an_attribute_hides_no_markup_from_the_limits():
    drawn = "flowchart TD\nA--&gt;B</pre>" + "<div>" * 40_000
    page = f"<h2>Part</h2><p title=\"<pre class='pp-diagram'>{drawn}\">x</p>"
    began = time.process_time()
    errors, _ = review([("part", page)])
    assert errors and time.process_time() - began < 3
