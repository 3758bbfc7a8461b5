"""Cutting documents: where, and under which names."""

import pytest

from planpush.document.sections import cut
from planpush.errors import InvalidDocument

ANCHORED = [
    ("<section data-anchor=a>x</section><section data-anchor=b>y</section>", ["a", "b"]),
    ("<main><p data-anchor=a>x</p></main>", ["a"]),
    ("<div><section data-anchor=a>x</section><section data-anchor=b>y</section></div>", ["a", "b"]),
    ("<div><div><div data-anchor=a>x</div></div></div>", ["a"]),
    ("<h1>t</h1><section data-anchor=a>x</section>", ["intro", "a"]),
    ("<h1>t</h1><section data-anchor=intro>x</section>", ["intro-2", "intro"]),
    ("<section data-anchor=a>x<p data-anchor=b>y</p></section>", ["a"]),
    ("<h2>One</h2><section><p data-anchor=a>x</p></section>", ["one"]),
]
HEADED = [
    ("", []),
    ("<!-- x --><script>y</script>", []),
    ("<p>only text", ["intro"]),
    ("<h1>Title</h1><h2>One</h2><p>x</p><h2>Two</h2>", ["intro", "one", "two"]),
    ("<h1>One</h1><h1>Two</h1>", ["one", "two"]),
    ("<div><div><h2>One</h2>x<h2>One</h2>y</div></div>", ["one", "one-2"]),
    ("<div><section><h2>A</h2></section><section><h2>B</h2></section></div>", ["a", "b"]),
    ("<section><h2>A</h2><div><h2>B</h2></div></section><h2>C</h2>", ["a", "b", "c"]),
    ("<h2>3.1 Größe &amp; Maß</h2>", ["groe-ma"]),
    ("<h2><span class=n>4</span>Rollout</h2>", ["rollout"]),
    ("<h2>計画</h2><h2>計画</h2>", ["section-1", "section-2"]),
    ("<h2>" + "word " * 40 + "</h2>", ["word-" * 12 + "word"]),
    ("<h2>" + "x" * 70 + "</h2><h2>" + "x" * 70 + "</h2>", ["x" * 64, "x" * 62 + "-2"]),
    ("<ul><li><h2>One</h2>x</li><li><h2>Two</h2></li></ul><h2>Three</h2>", ["one", "three"]),
]


@pytest.mark.parametrize(("html", "anchors"), ANCHORED)
def test_anchored_documents_are_cut_at_their_anchors(html, anchors):
    assert [piece.anchor for piece in cut(html).pieces] == anchors


@pytest.mark.parametrize(("html", "anchors"), HEADED)
def test_others_are_cut_at_their_headings(html, anchors):
    result = cut(html)
    assert [piece.anchor for piece in result.pieces] == anchors
    assert bool(result.warnings) == bool(anchors)


def test_what_stands_between_joins_the_section_before():
    first, second = cut(
        "<section data-anchor=a>x</section><p>between</p><p data-anchor=b>y</p>after"
    ).pieces
    assert first.html == '<section data-anchor="a">x<p>between</p></section>'
    assert second.html == '<section class="pp-section" data-anchor="b"><p>y</p>after</section>'


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>a</title><h1>b <i>c</i></h1>", "b c"),
        ("<title>a</title><h2>b</h2>", "a"),
        ("<p>x", ""),
    ],
)
def test_the_title_is_the_first_heading_or_the_title(html, title):
    assert cut(html).title == title


def test_an_anchor_used_twice_is_refused_with_its_line():
    with pytest.raises(InvalidDocument) as refused:
        cut("<p data-anchor=a>x</p>\n<p data-anchor='a'>y</p>")
    found = refused.value.errors[0]
    assert (found.code, found.line, found.column) == ("duplicate_anchor", 2, 4)
