"""Plain documents: what is counted without the parser's model is what that counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.growth import section
from planpush.document.html import parse_cost
from planpush.document.sanitizer import limits
from planpush.document.sanitizer.attributes import strip_controls
from planpush.errors import InvalidDocument

NAMES = "p li ul ol div section table thead tbody tr td th caption dl dt dd h2 h3 a b code span"
NAMES += " svg g path text br hr input pre details summary"
TAGS = st.sampled_from([f"<{end}{name}>" for name in NAMES.split() for end in ("", "/")])
ODD = st.sampled_from(["<g/>", "<br/>", "<p/>", "<svg/>", '<a href="#x">', "<col>", "<!-- -->"])
HELD = {"table": "tr tbody caption", "tr": "td th", "ul": "li", "dl": "dt dd div", "tbody": "tr"}


def modelled(html):
    return limits._Scan(strip_controls(html), limits.MAX_ELEMENTS).run()


@st.composite
def nested(draw, name="div", depth=4):
    """An element that closes, with others in it: mostly those that belong there."""
    inside = HELD.get(name, NAMES).split()
    some = draw(st.lists(st.sampled_from(inside), max_size=3)) if depth else []
    held = "".join(draw(nested(one, depth - 1)) for one in some)
    return f"<{name}>" if name in ("br", "hr", "input") else f"<{name}>{held} x</{name}>"


@settings(deadline=None)
@given(
    st.one_of(nested(), st.lists(st.one_of(TAGS, ODD, st.just(" x ")), max_size=12).map("".join))
)
def test_it_counts_what_the_model_counts_or_nothing(html):
    assert parse_cost.elements(html) in (None, modelled(html))


PLAIN = [
    ("", 0),
    ("words", 0),
    ('<section class="pp-section" data-anchor="a"><h2>A</h2><p>b <code>c</code></p></section>', 4),
    ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", 6),
    ("<table><thead><tr><th>a</th></tr></thead><tr><td>b</td></tr></table>", 7),
    ("<ul><li>a<ul><li>b</li></ul></li></ul>", 4),
    ('<p><svg viewBox="0 0 1 1"><use href="#pp-i-key"/><g><path d="M0 0"></path></g></svg></p>', 5),
    ("<dl><div><dt>a</dt><dd>b</dd></div><dt>c</dt><dd><div>d</div></dd></dl>", 7),
    ("<details><summary>a</summary><p>b<br>c</p></details>", 4),
]


@pytest.mark.parametrize(("html", "count"), PLAIN)
def test_what_is_plain_is_counted(html, count):
    assert parse_cost.elements(html) == count == modelled(html)


def test_a_section_as_agents_write_them_is_plain():
    html = section(1, 0)
    assert parse_cost.elements(html) == modelled(html) > 100


NOT_PLAIN = [
    "<p>a<p>b", "<p>a</b></p>", "<b><p>a</b></p>", "</p>", "<p>", "a < b", "<!-- a -->",
    "<P>a</P>", "<p title='a'>b</p>", "<p title=a>b</p>", "<p/>", "<p><div>a</div></p>",
    "<td>a</td>", "<table>a<p>b</p></table>", "<a><b><a>c</a></b></a>", "<li>a</li>", "<img>",
    "<script>a</script>", "<table><tr><td><table></table></td></tr></table>",
    "<svg><p>a</p></svg>", "<svg><title/></svg>", "<div>" * 150 + "</div>" * 150, "</table >",
    f"<p title=\"{'a' * parse_cost.LONGEST}\">b</p>", f"<p>{'a' * 10 * parse_cost.LONGEST}</p>",
    "<dl><dd><div><dt>a</dt></div></dd></dl>", "<table><tr></tr></table ></table>",
]  # fmt: skip


@pytest.mark.parametrize("html", NOT_PLAIN)
def test_what_a_parser_mends_is_not_plain(html):
    assert parse_cost.elements(html) is None


def test_too_many_plain_elements_are_refused_at_their_place():
    with pytest.raises(limits.InvalidDocument) as refused:
        limits.check("<p>a</p>\n<p>b</p>", max_elements=1)
    assert refused.value.errors[0].line == 2


def test_more_tags_than_any_document_may_have_are_not_listed(monkeypatch):
    monkeypatch.setattr(
        parse_cost, "elements", lambda _: pytest.fail("all of its tags were listed")
    )
    with pytest.raises(InvalidDocument) as refused:
        limits.check("<p>a</p>" * 11, max_elements=10)
    assert refused.value.errors[0].code == "too_many_elements"
