from __future__ import annotations

import re

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.html import tokens
from planpush.document.html.tokens import TAG, parse

TAGS = {"p", "div", "b", "ul", "li", "svg", "path", "linearGradient", "text", "br", "a", "pre"}
MORE = "table tbody tr td th h2 dl dt dd section code span"
TAGS |= set(MORE.split())
ATTRIBUTES = {"*": {"class", "title", "viewBox", "d", "data-anchor"}}


def canonical(html: str) -> str:
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None)


def rebuilt(html: str) -> str:
    """Put a document together again from its tags and the text between them."""
    pieces, at = [], 0
    for tag in TAG.finditer(html):
        pieces += [html[at : tag.start()], "<", tag[1], tag[2], tag[3], ">"]
        at = tag.end()
    return "".join([*pieces, html[at:]])


def test_attribute_values_may_hold_anything():
    html = canonical("""<p title="a > b < c & 'd' &quot;e&quot;" class=x>t &lt;b&gt; > 1</p>""")
    (start, end) = TAG.finditer(html)
    assert start[2] == "p" and end[0] == "</p>"
    assert html[start.end() : end.start()] == "t &lt;b&gt; &gt; 1"


def test_foreign_elements_keep_their_names():
    html = canonical('<svg viewBox="0 0 1 1"><linearGradient/><path d="M0 0"/></svg>')
    names = [tag[1] + tag[2] for tag in TAG.finditer(html)]
    assert names == ["svg", "linearGradient", "/linearGradient", "path", "/path", "/svg"]


def test_text_that_looks_like_a_tag_is_text():
    assert not list(TAG.finditer(canonical("1 < 2 &lt;p&gt; <3")))


@given(st.text(st.sampled_from("<>/p b\"'=&;titleclas div\n\u00e9"), max_size=120))
@settings(max_examples=200, deadline=None)
def test_every_tag_of_sanitised_html_is_found(raw):
    html = canonical(raw)
    between = TAG.sub("", html)
    assert rebuilt(html) == html
    assert "<" not in between and ">" not in between


@given(st.text(st.sampled_from("<>/p b\"'=&;titleclas div\n\u00e9"), max_size=120))
@settings(max_examples=200, deadline=None)
def test_nodes_nest(raw):
    html = canonical(raw)
    for node in parse(html)[1:]:
        assert node.start < node.inner <= node.close < node.end <= len(html)
        assert node.parent is not None and node.parent.inner <= node.start
        assert node.end <= node.parent.close and node.index < node.last <= node.parent.last


def test_broken_html_does_not_raise():
    nodes = parse("</p><div><p>a</b></i></u><li>")
    assert nodes[0].end == len("</p><div><p>a</b></i></u><li>")


NAMES = f"p li ul div b br a {MORE}"
PLACES = "tag attributes kind start inner close end index last anchor spot"


@st.composite
def nested(draw, name="div", depth=4):
    """An element with others in it, some of them with an anchor."""
    inner = draw(st.lists(st.sampled_from(NAMES.split()), max_size=3)) if depth else []
    held = "".join(
        draw(st.sampled_from(["", " x", "&amp;y"])) + draw(nested(one, depth - 1)) for one in inner
    )
    given = draw(st.sampled_from(["", ' class="k"', ' data-anchor="k"']))
    return f"<{name}{given}>{held} é</{name}>"


def told(node):
    others = [node.parent, node.seal, node.owner, node.lead, *(node.first or ())[1:]]
    return (
        *(getattr(node, name) for name in PLACES.split()), (node.first or (None,))[0],
        " ".join("".join(getattr(node, "parts", ())).replace("&amp;", "&").split()),
        [one and one.index for one in [*others, *getattr(node, "members", ())]],
    )  # fmt: skip


@pytest.mark.long
@given(nested())
@settings(max_examples=300, deadline=None)
def test_a_leaf_that_is_read_at_once_is_what_its_tags_make_of_it(raw):
    html = canonical(raw)
    at_once = [told(node) for node in parse(html)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_STEP", re.compile(f"(?:((?!))()()|{TAG.pattern})"))
        assert [told(node) for node in parse(html)] == at_once
