"""Markdown of a document: every word in order, tables cell by cell, and nothing forged."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from planpush.document.comment_markdown import prose
from planpush.document.export.markdown import section
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sanitizer.svg import settle
from planpush.document.sections import build
from planpush.document.vocabulary import COMPONENTS
from planpush.paths import ROOT

PAIRS = ROOT.parent / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))[::6]
SAMPLES = sorted((ROOT / "planpush" / "samples").glob("*/v*/*.html"))
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WRITTEN = {"body", "p", "br", "code", "a", "strong", "em", "ul", "ol", "li", "blockquote",
           "pre"}  # fmt: skip
# A drawing's words are its source; what is only for who cannot see a tick box is the tick box.
UNSAID = (
    "svg.i, svg[aria-hidden=true], .pp-drawing, .pp-source > summary, .pp-checks .sr, .pp-edge.none"
)


def stored(html: str) -> str:
    return build("s", settle(clean(html))).html.decode()


def markdown(html: str, **options: object) -> str:
    return "\n".join(section(stored(html), **options))


def letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]", text))


def said(html: str, leave_out: str = UNSAID) -> str:
    tree = LexborHTMLParser(html)
    for node in tree.css(leave_out):
        node.decompose()
    for node in tree.css("img"):
        node.replace_with(f"[Image: {node.attributes.get('alt') or ''}]")
    return letters(tree.body.text())


def rendered(text: str) -> str:
    return said(READER.render(re.sub(r"(?m)^( *- )\[[x ]\] ", r"\1", text)), "none")


def cells(html: str) -> list[str]:
    found = LexborHTMLParser(html).css("td, th")
    return [text for cell in found if (text := letters(cell.text()))]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_says_the_same_in_markdown(path):
    html = path.read_text()
    text = rendered(markdown(html))
    wanted = said(stored(html))
    if "pp-line" in html:  # a chart also says its name
        text = text.replace(
            letters("Figure: " + re.search('aria-label="(Line[^"]*)"', html)[1]), ""
        )
    if "pp-tabs" in html:  # a label stands before its panel
        text, wanted = "".join(sorted(text)), "".join(sorted(wanted))
    assert text == wanted
    assert cells(READER.render(markdown(html))) == cells(stored(html))


@pytest.mark.skipif(not FILES, reason="the pairs of real revisions are not there")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_a_real_document_says_the_same_in_markdown(path):
    html = stored(json.loads(gzip.decompress(path.read_bytes()))["new_html"])
    text = "\n".join(section(html))
    shown = READER.render(text)
    assert said(shown, "none") == said(html)
    assert cells(shown) == cells(html)
    assert LexborHTMLParser(shown).css("script, img, iframe") == []


CASES = {
    "heading": ("<h2>A # b #</h2>", r"## A # b \#"),
    "marks": ("<p>a*b_c <b>bold</b> <em>x</em>y</p>", r"a\*b_c **bold** *x*y"),
    "no room for marks": ('<p>x<b>"q"</b>y <i>a</i><i>b</i></p>', 'x"q"y a*b*'),
    "not a list": ("<p>- a<br>1. b<br># c<br>+ d</p>", "\\- a\\\n1\\. b\\\n\\# c\\\n\\+ d"),
    "not html": ("<p>&lt;script&gt; &amp;amp; `x`</p>", r"\<script\> \&amp; \`x\`"),
    "code": ("<p><code>a``b</code> <code>`</code></p>", "```a``b``` `` ` ``"),
    "link": (
        '<p><a href="https://x.test/a(b)?c=1&amp;d">t]</a></p>',
        r"[t\]](https://x.test/a%28b%29?c=1&amp;d)",
    ),
    "inner link": ('<p><a href="#s-x">there</a></p>', "[there](https://h/p/a?v=1#s-x)"),
    "no link": ('<p>!<a href="mailto:a@x.test">m</a></p>', r"\![m](mailto:a@x.test)"),
    "address": ("<p>see https://x.test/a_b.</p>", "see <https://x.test/a_b>."),
    "lists": ("<ul><li>a<ul><li>b</li></ul></li></ul><ul><li>c</li></ul>", "- a\n  - b\n\n* c"),
    "number": ('<ol start="9"><li>a</li><li><p>b</p><p>c</p></li></ol>', "9. a\n\n10. b\n\n    c"),
    "fence": ("<pre>```\n&lt;a&gt;\n</pre>", "````\n```\n<a>\n````"),
    "quote": ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
    "table": (
        "<table><tr><th>A|B<th>C<tr><td>x<br>y<td><code>a|b</code></table>",
        "| A\\|B | C |\n| --- | --- |\n| x<br>y | `a\\|b` |",
    ),
    "no head": (
        '<table><tr><td colspan="2">a<tr><td rowspan="2">b<td>c<tr><td>d</table>',
        "|  |  |\n| --- | --- |\n| a |  |\n| b | c |\n|  | d |",
    ),
    "details": ("<details><summary>More</summary><p>x</p></details>", "**More**\n\nx"),
    "terms": (
        "<dl><dt>A</dt><dd>b</dd><dt>C</dt><dd>d</dd><dd>e</dd></dl>",
        "- **A**: b\n- **C**\n  - d\n  - e",
    ),
    "tasks": (
        '<ul><li><input type="checkbox" checked>a</li><li><input type="checkbox">b</li></ul>',
        "- [x] a\n- [ ] b",
    ),
    "image": (
        '<p><img alt="A [cat]" src="data:image/png;base64,AA=="></p>',
        r"\[Image: A \[cat\]\]",
    ),
    "diagram": (
        '<pre class="pp-diagram" data-kind="mermaid">flowchart LR\n a --> b</pre>',
        "```mermaid\nflowchart LR\n a --> b\n```",
    ),
    "not a reference": ("<p>[^1] [a]: b</p>", r"\[^1\] \[a\]: b"),
    "not a table": ("<p>a<br>:-:</p>", "a\\\n\\:-:"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_element_has_its_form(name):
    html, wanted = CASES[name]
    assert markdown(html, base="https://h/p/a?v=1") == wanted


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_every_component_keeps_its_words(component):
    name, html = component.name, stored(component.example)
    text = rendered("\n".join(section(html)))
    if name == "tabs":  # a label stands before its panel
        assert sorted(text) == sorted(said(html))
    elif name == "line":  # a chart also says its name
        assert text.startswith(said(html)[:4]) and "Figure" in text
    else:
        assert text == said(html)


def test_references_stand_at_their_blocks():
    html = "<h2>H</h2><p>One.</p><pre>x</pre><table><tr><td>a</td><td>b</td></tr></table>"
    notes = {0: "[^1]", 2: "[^2]", 3: "[^3]", 5: "[^4][^5]"}
    lines = markdown(html, notes=notes).split("\n")
    assert lines[0] == "## H[^1]" and lines[2] == "One.[^2]"
    assert lines[4:9] == ["```", "x", "```", "", "[^3]"]
    assert lines[-1] == "| a | b[^4][^5] |"


PIECES = st.sampled_from([
    *"*_`[]()<>&!#|\\aé“ ", "amp;", "- ", "1. ", "~~", "b ", "<b>", "</b>", "<i>", "</i>", "<code>",
    "</code>", "<br>", "<p>", "<li>", ":-:", "---", "===", "http://x.test/", "[^1]:",
    "<a href='https://x.test'>", "</a>", "<s>", "</s>",
])  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.lists(PIECES, max_size=30))
def test_whatever_a_document_says_markdown_says_it(pieces):
    html = stored("".join(pieces).replace("<<", "< <"))
    text = "\n".join(section(html))
    shown = READER.render(text)
    assert said(shown, "none") == said(html)


@settings(deadline=None, max_examples=50)
@given(st.lists(PIECES, max_size=30))
def test_a_comment_says_in_markdown_what_its_page_shows(pieces):
    html = prose("".join(pieces).replace("<br>", "\n"))
    shown = READER.render("\n".join(section(html)))
    assert {node.tag for node in LexborHTMLParser(shown).body.traverse()} <= WRITTEN
    assert said(shown, "none") == said(html, "none")
