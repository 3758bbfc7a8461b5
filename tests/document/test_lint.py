"""The linter: codes, places, and the fixes it proposes."""

import pytest

from planpush.document.findings import CODES, ERROR, is_error
from planpush.document.lint.linter import lint, review, review_page


def wrap(inner: str) -> str:
    return f'<section class="pp-section" data-anchor="a"><h2>A</h2>\n{inner}</section>'


ERRORS = [
    ([("", wrap("<p>x"))], "anchor_missing", "sections[0].anchor"),
    ([("A b", wrap("x").replace('"a"', '"A b"'))], "anchor_malformed", "sections[0].anchor"),
    ([("a", wrap("<p>x")), ("a", wrap("<p>y"))], "duplicate_anchor", "sections[1].anchor"),
    ([("a", "<p data-anchor=b>x")], "anchor_mismatch", "sections[0].html"),
    ([("a", wrap("<p data-anchor=b>x")), ("b", "<p>y")], "duplicate_anchor", "sections[0].html"),
    ([("a", "<p></p> <!-- x -->")], "empty_section", "sections[0].html"),
    ([("a", "")], "empty_section", "sections[0].html"),
    ([("a", "<p>" + "x" * 1024 * 1024)], "section_too_large", "sections[0].html"),
    ([("a", wrap(f"<img alt=x src='data:image/png;base64,{'A' * 470_000}'>"))],
     "image_too_large", "sections[0].html"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "code", "field"), ERRORS)
def test_errors(sections, code, field):
    errors, _ = review(sections)
    assert (code, field) in [(found.code, found.field) for found in errors]
    assert {found.code for found in errors} <= {code, "anchor_mismatch"}
    assert errors[0].message and errors[0].fix


PIXEL = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
WARNINGS = [
    ('<p class="pp-calout">x</p>', "unknown_class", "pp-callout"),
    ('<p style="color:red">x</p>', "attribute_dropped", "classes"),
    ('<p onclick="y">x</p>', "attribute_dropped", "Remove"),
    ("<p hx-get=/y>x</p>", "attribute_dropped", "Remove"),
    ("<p data-block=1>x</p>", "attribute_dropped", "Remove"),
    ("<script>y</script>x", "element_dropped", "vocabulary"),
    ("<iframe src=y></iframe>x", "element_dropped", "vocabulary"),
    ("<blockqoute>x</blockqoute>", "unknown_element", "blockquote"),
    ("<h2>a</h2><h4>b</h4>c", "heading_order", "<h3>"),
    (f'<img src="data:image/gif;base64,{PIXEL}">', "image_without_alt", "alt"),
    ('<img alt="x" src="https://example.com/y">', "remote_image", "data:image"),
    ("<table><tr><td>x</table>", "table_without_headers", "<th"),
    ("<a href='ftp://example.com'>x</a>", "link_dropped", "https:"),
    ("<b>x", "tag_unclosed", "</b>"),
]


@pytest.mark.parametrize(("html", "code", "hint"), WARNINGS)
def test_warnings(html, code, hint):
    errors, warnings = lint([("a", wrap(f"  {html}"))])
    assert errors == [] and [found.code for found in warnings] == [code]
    found = warnings[0]
    assert hint in found.fix and found.field == "sections[0].html" and found.line == 2


CLEAN = [
    "<!-- <script> --><p title='<iframe>'>&lt;script&gt;</p>",
    "<p>one<p>two<ul><li>a<li>b</ul>",
    "<dl><dt>a<dd>b<dt>c<dd>d</dl>",
    "<table><thead><tr><th>a<th>b<tbody><tr><td>1<td>2<tr><td colspan=2>3</table>",
    "<table><tr><th rowspan=2>a<td>1<tr><td>2</table>",
    "<p>a<br>b<br/>c<input type=checkbox></p>",
    "<pre>\n<b>x</b>\n  </pre>",
    "<P CLASS=dim>x</P>",
    '<p class="dim\nmono" title=x>x</p>',
    "<svg role=img aria-label=x><g><path d='M0 0'/></g><a href='https://example.com'/></svg>",
    "<span aria-hidden=true><svg><path d='M0 0'/></svg></span>x",
    "<a href=#b>x</a><a href='mailto:x@example.com'>y</a><a id=b>z</a>",
    "<details><summary>a</summary><p>b</details>",
    "1 < 2 and <3",
]


@pytest.mark.parametrize("html", CLEAN)
def test_what_is_right_is_left_alone(html):
    assert lint([("a", wrap(html))]) == ([], [])


def test_the_place_is_that_of_the_tag():
    _, (found,) = lint([("a", wrap("<p>x</p>\n <p class=nope>"))])
    assert (found.line, found.column) == (3, 2)


def test_a_warning_is_given_once():
    _, warnings = lint([("a", wrap("<p class=nope>x</p>" * 100))])
    assert [found.code for found in warnings] == ["unknown_class"]


def test_sections_without_html_only_take_their_anchor():
    pair = [("b", None), ("a", wrap("<p data-anchor=b>x</p>"))]
    errors, warnings = lint(pair)
    assert [(one.code, one.field) for one in errors] == [("duplicate_anchor", "sections[1].html")]
    assert warnings == []


def test_a_review_tells_costs_secrets_and_lint_at_once():
    secret = "ghp_" + "q7Hw2LpZ9xVbN4mK8tRc3sYdF6gJ1aEoU5iB"
    rows = [
        ("a", "<p " + "a=1 " * 500 + ">x"), ("b", None), ("a", wrap(secret)),
        ("c", wrap("<p class=q>")),
    ]  # fmt: skip
    errors, warnings = review(rows)
    assert [(one.code, one.field) for one in errors] == [
        ("too_many_attributes", "sections[0].html"), ("secret_found", "sections[2].html"),
        ("duplicate_anchor", "sections[2].anchor"), ("anchor_mismatch", "sections[3].html"),
    ]  # fmt: skip
    assert ("unknown_class", "sections[3].html") in [(one.code, one.field) for one in warnings]
    assert secret[6:] not in str(errors)
    assert "secret_found" not in str(review(rows, allow_secrets=True))


PAGE = """<!doctype html>
<html><head><title>T</title></head><body><main>
<section data-anchor="a"><h2>A</h2>
<p class="pp-calout">x</p></section>
  <section data-anchor="b"><h2>B</h2><p>x</p><h5>y</h5><p data-anchor="a">z</p></section>
<section data-anchor="c"><h2>C</h2></section>
</main></body></html>
"""


def test_a_page_is_told_of_in_its_own_lines():
    errors, warnings, anchors = review_page(PAGE, "body")
    told = [(one.code, one.line, one.column, one.field) for one in [*errors, *warnings]]
    assert told == [
        ("duplicate_anchor", 5, 56, "body"), ("unknown_class", 4, 1, "body"),
        ("heading_order", 5, 46, "body"), ("heading_only", 6, 1, "body"),
    ]  # fmt: skip
    assert anchors == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("html", "code", "line"),
    [
        ("<h2>A</h2><p>x</p>", "no_anchors", 0), (" \n ", "empty_section", 1),
        ("\n<p a='x", "unclosed_tag", 2),
        ("<section data-anchor=a>x</section>\n<section data-anchor=a>y</section>",
         "duplicate_anchor", 2),
    ],
)  # fmt: skip
def test_pages_that_are_not_cut_well(html, code, line):
    errors, warnings, _ = review_page(html)
    assert (code, line) in [(one.code, one.line) for one in [*errors, *warnings]]


def test_severity_is_that_of_the_catalogue():
    for html in (wrap("<p data-anchor='A B' class=nope>x"), "<p>x"):
        errors, warnings = lint([("a", html)])
        assert all(CODES[one.code].severity == ERROR and is_error(one) for one in errors)
        assert not any(is_error(one) for one in warnings)
