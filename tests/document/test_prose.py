"""A comment's Markdown: what it becomes, what stays text, whom it names, and what it costs."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from bench.worst_documents import hostile_comments
from planpush.document.comment_markdown import Marks, key, named, prose

REL = 'rel="noopener noreferrer nofollow"'
WRITTEN = {"body", "p", "br", "code", "a", "strong", "em", "ul", "ol", "li", "blockquote", "pre",
           "span"}  # fmt: skip
MARKS = [*"*_`[]()<>!#-+.1 \n\\~|@&;:\"'", "a", "é", "\u202e", "https://x.y/", "javascript:", "> ",
         "- ", "    ", "```\n", "&lt;", "<b>", "@Ann", "![", "](http://a.b)"]  # fmt: skip

BECOMES = {
    "**bold** and *italic*": "<p><strong>bold</strong> and <em>italic</em></p>",
    "a\nb\n\nc": "<p>a<br>\nb</p>\n<p>c</p>",
    "`a < b`": "<p><code>a &lt; b</code></p>",
    "```sql\n<b>\n```": "<pre><code>&lt;b&gt;\n</code></pre>",
    "- a\n- b": "<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
    "3. a\n4. b": '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>',
    "> a": "<blockquote>\n<p>a</p>\n</blockquote>",
    "[a](https://b.c)": f'<p><a href="https://b.c" {REL}>a</a></p>',
    "[a](mailto:b@c.d)": f'<p><a href="mailto:b@c.d" {REL}>a</a></p>',
    "[ ](https://b.c)": f'<p><a href="https://b.c" {REL}>https://b.c </a></p>',
    "**https://b.c/d_e_f**.": f'<p><strong><a href="https://b.c/d_e_f" {REL}>https://b.c/d_e_f</a>'
    "</strong>.</p>",
    "(https://b.c/d_(e))": f'<p>(<a href="https://b.c/d_(e)" {REL}>https://b.c/d_(e)</a>)</p>',
}
STAYS = ("# no heading", "no heading\n===", "---", "<b>x</b>", "&amp; &#60;", "[a](javascript:b)",
         "[a](data:text/html,x)", "[a](/p/x)", "[a](vbscript:x)", "[a][b]", "[b]: https", "~~a~~",
         "|a|b|\n|-|-|", "```", "-", ">", "> " * 40 + "x", "xhttps://", "a@b", "C:\\temp",
         "http://")  # fmt: skip


@pytest.mark.parametrize("body", BECOMES)
def test_the_subset(body):
    assert prose(body) == BECOMES[body]


@pytest.mark.parametrize("body", STAYS)
def test_all_else_stays_text(body):
    shown = re.sub("</?p>|<br>\n", lambda tag: "\n" if "br" in tag[0] else "", prose(body))
    assert "<" not in shown
    assert unescape(shown).split() == body.split()


def test_an_image_is_only_a_link():
    assert "<img" not in prose("![a](https://b.c/d.png)")


def test_mentions_are_highlighted_outside_code():
    body = "@ann lee, `@Ann Lee` and [@Ann Lee](https://a.b); @Bob, x@Bob, @Bobby"
    html = prose(body, (("Ann Lee", True), ("Bob", False)))
    assert html.count('<span class="mention me">@') == 2
    assert '<span class="mention me">@ann lee</span>' in html and "<code>@Ann Lee</code>" in html
    assert html.count('<span class="mention">@Bob</span>') == 1


NAMES = ["Ann", "Ann Lee", "bob", "bob@example.com", "Zoë Ōe", "Straße", "J. R. Ewing Jr."]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("@Ann Lee and @Ann.", ["Ann Lee", "Ann"]),
        ("@ANN  LEE (@bob)", ["ANN  LEE", "bob"]),
        ("@bob@example.com, @bob@example.org", ["bob@example.com"]),
        ("*@Ann* **@bob** > @STRASSE", ["Ann", "bob", "STRASSE"]),
        ("@zoe\u0308 \u014de", ["zoe\u0308 \u014de"]),
        ("@J. R. Ewing Jr. said", ["J. R. Ewing Jr."]),
        ("@Ann_Lee @Ann-Marie @Annie @Ann@x @@ @ me@Ann /@Ann", []),
        ("`@Ann` ```@bob```\n\n```\n@Ann\n```", []),
        ("\\@Ann", []),
    ],
)
def test_whom_a_body_names(body, found):
    assert named(body, map(key, NAMES)) == found


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(MARKS), max_size=40).map("".join))
@example("[a](http://[::1)")
def test_nothing_else_comes_out_and_no_letter_is_lost(body):
    html = prose(body, (("Ann", False),))
    tree = LexborHTMLParser(html).body
    assert {node.tag for node in tree.traverse()} <= WRITTEN
    names = {name for node in tree.css("*") for name in node.attributes}
    assert names <= {"href", "rel", "class", "start"}
    assert all(re.match("https?://|mailto:", a.attributes["href"]) for a in tree.css("a"))
    shown = tree.text() + " ".join(a.attributes["href"] for a in tree.css("a"))
    assert body.count("a") <= shown.count("a")


def test_hostile_characters_are_shown_and_do_not_swell():
    for body in hostile_comments(2_000):
        html = prose(body, (("a b c d e f g", False), ("a" * 200, False)))
        assert len(html) < 15 * 2_000, body[:20]


def test_of_many_comments_only_so_many_marks_are_read():
    marks = Marks(4)
    told = [marks.prose(body) for body in ("**a**", "*b*\n<i>", "c")]
    assert told == [
        "<p><strong>a</strong></p>", "<p>*b*<br>\n&lt;i&gt;</p>", "<p>c</p>",
    ]  # fmt: skip
