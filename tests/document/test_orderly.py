"""Sections in good order: what is told without reading the tags is what the linter tells."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.growth import section
from planpush.document.html import parse_cost
from planpush.document.lint import linter
from planpush.document.lint.linter import WORDS, lint, lint_one
from planpush.document.lint.rules.nodes import Node
from planpush.document.lint.rules.report import Report
from planpush.document.lint.rules.tags import TagRules

LONG = "many words in a row " * 40
PIECES = [
    "<p>a b</p>", f"<p>{LONG}</p>", "<h2>A title</h2>", "<h3>More</h3>", "<h4>Deep <b>x</b></h4>",
    "<h5></h5>", "<ul><li>a</li><li>b</li></ul>", "<p></p>", "words ", "<hr>", "<pre>a  b c</pre>",
    "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>",
    "<table><tr><th>a</th></tr><tr><td>c</td><td>d</td></tr></table>",
    "<table><tr><td>c</td></tr></table>", "<table>x<tr><th>c</th></tr></table>",
    "<table><tr><th>a</th></tr> y<tr><td>b</td></tr></table>", "<table></table>",
    "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
    '<table><tr><th colspan="2">a</th></tr><tr><td>b</td><td>c</td></tr></table>',
    '<p id="a">b</p>', '<p id="b">b</p>', '<p class="pp-none">b</p>', '<p class="dim">b</p>',
    '<div data-anchor="more">b</div>', '<div data-anchor="less">b</div>', "<p>\x01</p>",
    '<div data-anchor="2">b</div>', '<div data-anchor="A B">b</div>', "<section>a</section>",
    '<a href="https://a.example/?b&amp;c">d</a>', '<a href="javascript:a">b</a>', "<a>b</a>",
    '<p style="color:red">b</p>', '<p onclick="a">b</p>', '<p Class="pp-none">b</p>',
    '<p class="dim" class="pp-none">b</p>', '<div class="pp-flow"><p>a</p></div>', "a < b",
    '<svg viewBox="0 0 1 1"><path d="M0 0"></path></svg>',
    "<details><summary>a</summary></details>",
    "<dl><dt>a</dt><dd>b</dd></dl>", "<blockquote>a</blockquote>", '<p data-x="a">b</p>',
    '<p>a<br/>b</p>', "<button>a</button>", '<div class="pp-tabs"><p>a</p></div>', "<p>&lt;p</p>",
    '<code>&lt;p id="a"&gt;</code>', '<ol><li id="c">a<ul><li>b</li></ul></li></ol>', "<hr><hr>",
]  # fmt: skip
ROOTS = [
    '<section class="pp-section" data-anchor="topic">', "<section>", "",
    ' <div data-anchor="topic">',
    '<section data-anchor="other">', '<section data-anchor="topic" data-anchor="other">',
    '<section data-anchor="other" data-anchor="topic">', 'x<section data-anchor="topic">',
]  # fmt: skip


@given(st.sampled_from(ROOTS), st.lists(st.sampled_from(PIECES), max_size=7), st.sampled_from(" y"))
@settings(deadline=None, max_examples=200)
def test_what_is_told_is_what_the_linter_tells(root, pieces, tail):
    inner = "".join(["<h2>Title</h2><p>And words.</p>", *pieces])
    end = "</div>" if "<div" in root else "</section>" if root else ""
    html = f"{root}{inner}{end}{tail}"
    is_plain = parse_cost.elements(html) is not None
    assert lint_one("topic", html, plain=is_plain) == lint([("topic", html)])


@pytest.mark.parametrize("number", range(3))
def test_a_section_as_agents_write_them_is_told_of_without_a_tree(number):
    anchor, html = f"part-{number}", section(number, 0)
    assert linter.flaws(anchor, html, WORDS) == []
    assert lint_one(anchor, html, plain=True) == lint([(anchor, html)])


def test_how_long_a_section_is_is_told_as_the_linter_does():
    html = section(1, 0).replace("</h2>", "</h2>" + 20 * f"<p>{LONG}</p>")
    (told,) = linter.flaws("part-1", html, WORDS)
    assert told.code == "section_too_long"
    assert lint_one("part-1", html, plain=True) == lint([("part-1", html)])


def test_what_is_plain_has_no_name_that_the_linter_minds():
    names = {*parse_cost._INSIDE, *parse_cost._VOID}.union(
        *parse_cost._INSIDE.values()
    ) - parse_cost._DRAWN
    report = Report("")
    for name in {name.strip() for name in names}:
        TagRules(report, WORDS).check(Node(name, 0, {}, None))
    assert not report.found
