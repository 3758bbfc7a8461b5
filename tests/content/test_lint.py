"""The linter: codes, places, and the fixes it proposes."""

import pytest

from planpush.content.lint import lint


def wrap(inner: str) -> str:
    return f'<section class="pp-section" data-anchor="a">\n{inner}</section>'


ERRORS = [
    ([("", "<p>x")], "anchor_missing", "sections[0].anchor"),
    ([("A b", "<p>x")], "anchor_malformed", "sections[0].anchor"),
    ([("a", "<p>x"), ("a", "<p>y")], "duplicate_anchor", "sections[1].anchor"),
    ([("a", "<p data-anchor=b>x")], "anchor_mismatch", "sections[0].html"),
    ([("a", wrap("<p data-anchor=b>x")), ("b", "<p>y")], "duplicate_anchor", "sections[0].html"),
    ([("a", "<p></p> <!-- x -->")], "empty_section", "sections[0].html"),
    ([("a", "<p>" + "x" * 1024 * 1024)], "section_too_large", "sections[0].html"),
]


@pytest.mark.parametrize(("sections", "code", "field"), ERRORS)
def test_errors(sections, code, field):
    errors, _ = lint(sections)
    assert [(found.code, found.field) for found in errors] == [(code, field)]
    assert errors[0].message and errors[0].fix


WARNINGS = [
    ('<p class="pp-calout">x</p>', "unknown_class", "pp-callout"),
    ('<p style="color:red">x</p>', "attribute_dropped", "classes"),
    ('<p onclick="y">x</p>', "attribute_dropped", "Remove"),
    ("<p hx-get=/y>x</p>", "attribute_dropped", "Remove"),
    ("<p data-block=1>x</p>", "attribute_dropped", "Remove"),
    ("<script>y</script>x", "element_dropped", "vocabulary"),
    ("<iframe src=y></iframe>x", "element_dropped", "vocabulary"),
    ("<h2>a</h2><h4>b</h4>", "heading_order", "<h3>"),
    ('<img src="data:image/png;base64,x">', "image_without_alt", "alt"),
    ('<img alt="x" src="https://example.com/y">', "remote_image", "data:image"),
    ("<table><tr><td>x</table>", "table_without_headers", "<th"),
]


@pytest.mark.parametrize(("html", "code", "hint"), WARNINGS)
def test_warnings(html, code, hint):
    errors, warnings = lint([("a", wrap(f"  {html}"))])
    assert errors == [] and [found.code for found in warnings] == [code]
    found = warnings[0]
    assert hint in found.fix and found.field == "sections[0].html" and found.line == 2


def test_the_place_is_that_of_the_tag():
    _, (found,) = lint([("a", wrap("<p>x</p>\n <p class=nope>"))])
    assert (found.line, found.column) == (3, 2)


def test_comments_and_code_are_not_markup():
    clean = wrap("<!-- <script> --><p title='<iframe>'>&lt;script&gt;</p>")
    assert lint([("a", clean)]) == ([], [])


def test_a_warning_is_given_once():
    _, warnings = lint([("a", wrap("<p class=nope>x</p>" * 500))])
    assert len(warnings) == 1
