"""What hostile documents cost: twice the size is twice the work, and what is too much is refused.

Each of these once took seconds or minutes. Full sizes are measured by `python -m bench.worst`.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worst_documents import (
    ALLOWED,
    COLUMNS,
    DRAWN,
    EQUAL,
    HEADERS,
    LINTED,
    MANY,
    MEGABYTE,
    NEAR_SECRETS,
    NESTED,
    OPENINGS,
    REFUSED,
    WIDE,
    WRITTEN,
    honest,
    image,
    prose,
)
from planpush.document.anchoring.reanchor import place_all, words_at
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block
from planpush.document.diagrams import draw
from planpush.document.diagrams.shapes import Keys
from planpush.document.diff.blocks import map_blocks
from planpush.document.export.markdown import section
from planpush.document.html import parse_cost
from planpush.document.lint.linter import lint, review
from planpush.document.sanitizer import limits, sanitizer
from planpush.document.sanitizer.svg import settle
from planpush.document.secret_scanner import scan
from planpush.document.sections import MOST_SECTIONS, build, cut
from planpush.errors import Invalid, InvalidDocument, Problem
from tests.steps import LINEAR, growth

Law = tuple[Callable[[Any], object], Callable[[int], Any], int]


def para(text: str, key: int = 1) -> Block:
    return Block("s", key, "p", text, ("s",), ("H",))


def column(texts: list[str]) -> list[Block]:
    root = Block("s", 0, "section", "H", ("s",), ("H",), element=True)
    return [root, *(para(text, key) for key, text in enumerate(texts, 1))]


def checked(html: str) -> None:
    with suppress(InvalidDocument):
        limits.check(html)


def cleaned(html: str) -> None:
    limits.check(html)
    with suppress(Problem):
        assert len(sanitizer.clean(html)) <= 3 * len(html) + 256 * 1024


def divided(html: str) -> None:
    with suppress(Invalid):
        cut(html)


def linted(html: str) -> None:
    page = f'<section data-anchor="a"><h2>x</h2>{html}</section>'
    for told in (lint, review):
        assert all(len(found) <= 50 for found in told([("a", page)]))


def shown(html: str) -> None:
    assert limits.check(html) == 1
    assert "<img" in sanitizer.clean(html)


def stored(html: str) -> str:
    return build("s", settle(sanitizer.clean(html))).html.decode()


def exported(html: str) -> None:
    assert len("\n".join(section(html))) < 25 * len(html) + 10_000


def mapped(sides: list[list[Block]]) -> None:
    assert len(map_blocks(*sides).targets) == len(sides[0])


def keyed(size: int) -> None:
    keys = Keys("way-sequence", set())
    assert len({keys.edge("a", "b", "same words") for _ in range(size)}) == size


def leaves(size: int) -> list[Block]:
    return [para("x " * 40 + "x", key) for key in range(1, size + 1)]


def elements(size: int) -> list[Block]:
    keys = range(4_000, 4_000 + 7 * size)
    boxes = [Block("s", n, "li", "y", (f"k{n}", "s"), ("H",), element=True) for n in keys]
    return [*leaves(12), *boxes]


def everywhere(context: dict[str, str], blocks: list[Block]) -> None:
    with pytest.raises(Invalid) as refused:
        locate(blocks, 1, Place(quote="x", **context))
    assert refused.value.errors[0].field == "quote"


def spaced(text: str) -> None:
    with suppress(Invalid):
        locate([para(text)], 1, Place(quote="ab a b", prefix="b"))


def revised(count: int, quoted: int, length: int) -> Any:
    """Return long blocks, the same ones reworded here and there, and threads on the former."""
    chance = random.Random(1)
    texts = prose(count, max(length, 900), 1)
    old = [para(text, key) for key, text in enumerate(texts, 1)]
    new = [para(edited(text, chance), key) for key, text in enumerate(texts, 1)]
    origins = {}
    for thread in range(20):
        block, at = chance.choice(old), chance.randrange(100, 2_000)
        quote, prefix = block.text[at : at + quoted].strip(), block.text[at - 90 : at]
        origins[thread] = locate(old, 1, Place("s", block.key, quote, prefix))
    return old, new, origins


def edited(text: str, chance: random.Random) -> str:
    pieces = text.split(" ")
    for _ in range(len(pieces) // 50):
        pieces[chance.randrange(len(pieces))] = "z"
    return " ".join(pieces)


def placed(made: Any) -> None:
    old, new, origins = made
    assert place_all(origins, {1: old}, new).keys() == origins.keys()


def laws() -> Iterator[tuple[str, Law]]:
    """Yield what is done, what it is done to by its size, and a small size."""
    for name, (shape, _code) in REFUSED.items():
        yield f"refused, {name}", (checked, shape.make, max(2, min(shape.full // 50, 2_000)))
    for name, shape in ALLOWED.items():
        yield f"cleaned, {name}", (cleaned, shape.make, min(shape.full // 50, 1_000))
    for name, shape in (MANY | NESTED | {"equal headings": EQUAL}).items():
        yield f"cut, {name}", (divided, shape.make, 240)
    for name, shape in LINTED.items():
        yield f"linted, {name}", (linted, shape.make, max(1, shape.full // 200))
    for name in HEADERS:
        yield f"image, {name}", (shown, partial(image, name), 1_000)
    for name, shape in DRAWN.items():
        yield f"drawing, {name}", (settle, lambda n, s=shape: sanitizer.clean(s.make(n)), 250)
    for name, shape in OPENINGS.items():
        yield f"diagrams, {name}", (draw._find, shape.make, 1_000)
    for name, shape in NEAR_SECRETS.items():
        yield f"secrets, {name}", (scan, shape.make, shape.full // 100)
    for name, shape in WRITTEN.items():
        yield f"markdown, {name}", (exported, lambda n, s=shape: stored(s.make(n)), 250)
    for name, pair in COLUMNS.items():
        yield f"mapped, {name}", (mapped, lambda n, p=pair: [*map(column, p(n))], 600)
    for name, shape in WIDE.items():
        yield f"built, {name}", (partial(build, "k"), shape.make, 250)
    for context in ({}, {"prefix": "x x "}, {"suffix": "y"}):
        for made in (leaves, elements):
            name = f"quote, {made.__name__} {context}"
            yield name, (partial(everywhere, context), made, 300)
    for quoted in (15, 300, 1_900):
        yield f"threads, {quoted}", (placed, partial(revised, 2, quoted), 1_000)
    yield "quote, spaces", (spaced, lambda size: "a b " * size, 5_000)
    yield "parts of one name", (keyed, lambda size: size, 1_000)


LAWS = dict(laws())


@pytest.mark.parametrize("name", LAWS)
def test_twice_as_much_is_twice_the_work(name):
    work, made, size = LAWS[name]
    assert growth(work, size, made) < LINEAR


@pytest.mark.parametrize("name", REFUSED)
def test_what_costs_too_much_is_refused(name):
    made, code = REFUSED[name]
    with pytest.raises(InvalidDocument) as refused:
        limits.check(made.whole)
    found = refused.value.errors[0]
    assert found.line == 1 and found.column >= 1 and found.fix
    assert code in (None, found.code)


@pytest.mark.parametrize("name", MANY)
def test_too_many_sections_are_refused(name):
    with pytest.raises(InvalidDocument) as refused:
        cut(MANY[name].whole)
    assert refused.value.errors[0].code == "too_many_sections"


def test_equal_headings_are_numbered():
    anchors = [piece.anchor for piece in cut(EQUAL.whole).pieces]
    assert anchors[:3] == ["a-1", "a", "a-2"] and len(set(anchors)) == MOST_SECTIONS


def test_a_large_honest_document_passes():
    html = honest(5_300)
    assert len(html) > 4.5 * MEGABYTE
    assert 24_000 < limits.check(html) < 30_000


COUNTED = [
    ("", 0),
    ("<p>a<p>b", 2),
    ("<!-- <div><div> --><b>x</b>", 1),
    ("<!--><b>x</b>-->", 1),
    ("<!---><b>x</b>-->", 1),
    ("<!-- a --!><b>x</b>", 1),
    ("<? <b> ?>", 0),
    ("<title><b></title><textarea><i></textarea>", 2),
    ("<style>p > a <b></style>", 1),
    ("<svg><style><g></g></style></svg>", 3),
    ("<svg><![CDATA[<b>]]><g/></svg>", 2),
    ("<p title='<b>'>a < b</p>", 1),
    ("<di\x00v>a</div>", 1),
    ("<table><td>a</table>", 4),
    ("</p>", 1),
    ("<b>1<p>2</p><p>3</p>", 3),
    ("<b><p>1</b>2</p><p>3", 7),
    ("<div/><div/>", 2),
]


@pytest.mark.parametrize(("html", "count"), COUNTED)
def test_elements_are_counted_as_a_browser_makes_them(html, count):
    assert limits.check(html) == count


NAMES = "p li ul ol div section table tbody tr td th dl dt dd h2 a b code span svg g text br pre"
TAGS = [f"<{end}{name}>" for name in NAMES.split() for end in ("", "/")]
ODD = ["<g/>", "<br/>", "<p/>", "<svg/>", '<a href="#x">', "<col>", "<!-- -->", " x "]
HELD = {"table": "tr tbody", "tr": "td th", "ul": "li", "dl": "dt dd div", "tbody": "tr"}


@st.composite
def nested(draw, name="div", depth=4):
    """Draw an element that closes, with others in it: mostly those that belong there."""
    some = st.lists(st.sampled_from(HELD.get(name, NAMES).split()), max_size=3)
    held = "".join(draw(nested(one, depth - 1)) for one in (draw(some) if depth else []))
    return "<br>" if name == "br" else f"<{name}>{held} x</{name}>"


@settings(deadline=None, max_examples=50)
@given(nested() | st.lists(st.sampled_from([*TAGS, *ODD]), max_size=12).map("".join))
def test_what_is_counted_without_a_model_is_what_the_model_counts(html):
    assert parse_cost.elements(html) in (None, limits._Scan(html, limits.MAX_ELEMENTS).run())


@pytest.mark.parametrize(
    ("start", "item"),
    [("", "<p>a"), ("", "<li>a"), ("", "<dt>a<dd>b"), ("<table>", "<tr><td>a"), ("", "<h2>a")],
)
def test_implied_ends_do_not_nest(start, item):
    assert limits.check(start + item * 1_000) >= 1_000


def test_the_place_is_that_of_the_tag():
    with pytest.raises(InvalidDocument) as refused:
        limits.check("<p>a</p>\n<p>b</p> <i>c</i>", max_elements=2)
    assert (refused.value.errors[0].line, refused.value.errors[0].column) == (2, 10)


def test_words_in_a_long_block_follow_its_unchanged_ends():
    words = " ".join(f"w{n}" for n in range(9_000))
    old, new = [para(f"alpha {words} omega")], [para(f"alpha {words[:30_000]} omega")]
    origins = {n: locate(old, 1, Place("s", 1, q)) for n, q in enumerate(["alpha", "omega"])}
    found = place_all(origins, {1: old}, new)
    assert [words_at(new, found[n]) for n in origins] == ["alpha", "omega"]


def test_a_diagram_in_an_attribute_hides_no_markup_from_the_limits():
    drawn = "flowchart TD\nA--&gt;B</pre>" + "<div>" * 40_000
    page = f"<h2>Part</h2><p title=\"<pre class='pp-diagram'>{drawn}\">x</p>"
    errors, _ = review([("part", page)])
    assert "too_deep" in {error.code for error in errors}
