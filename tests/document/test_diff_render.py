"""A rendered comparison: both versions can be read out of it, and it marks what it should."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.diagrams.draw import draw
from planpush.document.diff import render
from planpush.document.diff.comparison import Part, compare
from planpush.document.diff.navigation import Shown
from planpush.document.diff.render import redline
from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.document.sections import Section, build, cut
from planpush.document.vocabulary import COMPONENTS
from tests.document.redlines import compared, made, of_sections, reverted, stored, texts

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))
LOGIN = "A person signs in with a password that is never stored in clear text."
TOKENS = "Tokens live for one hour and are renewed without asking anybody again."
LIMITS = "Ten wrong passwords lock an account for fifteen minutes, and that is told."
INS, DEL = '<ins data-diff="added">', '<del data-diff="removed">'
ID = re.compile(r' id="([^"]*)"')


def check(before: dict[str, Section], after: dict[str, Section]) -> str:
    """Return the comparison of two documents, after looking for all that must hold."""
    page = "".join(one.html for one in of_sections(before, after))
    for side, sections in (("old", before), ("new", after)):
        wanted = texts("".join(one.html.decode() for one in sections.values()))
        assert texts(reverted(page, side)) == wanted
    assert sanitizer.clean_compared(page) == page
    known = [
        Counter(ID.findall("".join(one.html.decode() for one in side.values())))
        for side in (before, after)
    ]
    for name, count in Counter(ID.findall(page)).items():
        assert count <= max(1, *(side[name.partition(".was-")[0]] for side in known))
    assert not re.search(r"<svg(?:(?!</svg>).)*?<(?:ins|del)", page, re.DOTALL)
    return page


def page(old: dict[str, str], new: dict[str, str]) -> str:
    """Compare documents, given as what their sections hold."""
    return check(*(
        {a: made(a, f'<section data-anchor="{a}">{body}</section>') for a, body in side.items()}
        for side in (old, new)
    ))  # fmt: skip


def shown(old: str, new: str) -> str:
    """Compare documents of one section."""
    return page({"a": old}, {"a": new})


def table(*rows: tuple[str, str]) -> str:
    cells = "".join(f"<tr><td>{key}</td><td>{kind}</td></tr>" for key, kind in rows)
    head = "<thead><tr><th>Field</th><th>Type</th></tr></thead>"
    return f"<table>{head}<tbody>{cells}</tbody></table>"


def drawing(*nodes: str) -> str:
    inside = "".join(f'<g data-anchor="n-{n}"><text id="t{n}">{n}</text></g>' for n in nodes)
    picture = f'<div class="pp-drawing"><svg viewBox="0 0 9 9">{inside}</svg></div>'
    return f"<figure>{picture}<figcaption>{LOGIN}</figcaption></figure>"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("one two three four", "one two 3 four", f"one two {DEL}three</del>{INS}3</ins> four"),
        ("one <code>two</code> three four", "one <code>2</code> three four",
         f"one <code>{DEL}two</del>{INS}2</ins></code> three four"),
        ("one two <b>three</b> four", "one two four", f"one two {DEL}<b>three</b> </del>four"),
        ("one two four", "one two <b>three</b> four",
         f"one two <b>{INS}three</ins></b>{INS} </ins>four"),
        ('see the <a href="#x">whole text</a> of it', 'see the <a href="#y">new text</a> of it',
         f'see the <a href="#d-y" rel="noopener noreferrer nofollow">{DEL}whole</del>{INS}new</ins>'
         " text</a> of it"),
        ("a &lt;b&gt; &amp; c and more", "a &lt;i&gt; &amp; c and more",
         f"a &lt;{DEL}b</del>{INS}i</ins>&gt; &amp; c and more"),
        ("one two<br>three four five", "one two three four six",
         f"one two three four {DEL}five</del>{INS}six</ins>"),
        ("keep <ins>their</ins> own <del>marks</del> here",
         "keep <ins>their</ins> own <del>sign</del> here",
         f"keep <ins>their</ins> own <del>{DEL}marks</del>{INS}sign</ins></del> here"),
    ],
)  # fmt: skip
def test_words_are_marked_in_their_block(old, new, expected):
    html = shown(f"<p>Same.</p><p>{old}</p>", f"<p>Same.</p><p>{new}</p>")
    found = re.findall(r'<p data-diff="changed" data-block="2">(.*?)</p>', html)
    assert found == [expected]


ICON = '<svg class="i" aria-hidden="true"><use href="#i-x"></use></svg>'
LINES = '<pre><span class="d">old()</span><span class="a">{}</span></pre>'
BARS = '<dl class="pp-bars"><dt>Inline</dt><dd class="v">{}</dd><dt>Queue</dt><dd>2 s</dd></dl>'
NODE = '<li class="pp-node c{} r1"><b>{}</b> takes the order and writes it</li>'
FLOW = '<figure class="pp-figure"><ol class="pp-flow">{}{}</ol></figure>'
SHOP, STORE, BILLING = NODE.format(1, "Shop"), NODE.format(1, "Store"), NODE.format(2, "Billing")
DEEP = "<div>" * 190 + "<p>{}</p>" + "</div>" * 190
EMPTY, FILLED = table(("id", ""), ("name", "text")), table(("id", "int"), ("name", "text"))
P = "<p>{}</p>".format
# Old, new, and what stands in the comparison; what begins with ~ does not.
CASES = {
    "nothing in common": (P("Same.") + P("nothing in common"), P("Same.") + P("all of it differs"),
        f'<p data-diff="removed">{DEL}nothing in common</del></p>',
        f'<p data-diff="added" data-block="2">{INS}all of it differs</ins></p>'),
    "moved and changed": (P(LOGIN) + P(TOKENS) + P(LIMITS),
        P(LIMITS.replace("fifteen", "twenty")) + P(LOGIN) + P(TOKENS),
        f"for {DEL}fifteen</del>{INS}twenty</ins> minutes", 'data-diff="from"'),
    "rows": (table(("id", "int"), ("name", "text"), ("age", "int")),
        table(("id", "uuid"), ("age", "int"), ("mail", "text")),
        f'<tr data-diff="removed"><td data-diff="removed">{DEL}name</del></td>'
        f'<td data-diff="removed">{DEL}text</del></td></tr>',
        '<tr data-diff="added"><td data-diff="added"', f">{DEL}int</del>{INS}uuid</ins></td>"),
    "a row moved": (table(("id", "int"), ("name", "text"), ("age", "number"), ("mail", "address")),
        table(("mail", "address"), ("id", "int"), ("name", "text"), ("age", "number")),
        '<tr data-diff="moved"', '<tr data-diff="from"', "~<ins", "~<del"),
    "a cell that stays empty": (EMPTY, table(("id", ""), ("name", "uuid")), "<td></td>"),
    "a row without words": (EMPTY, table(("id", ""), ("", ""), ("name", "text")),
        '~data-diff="removed"'),
    "a cell is filled": (EMPTY, FILLED, f"{INS}int</ins></td>"),
    "a cell is emptied": (FILLED, EMPTY, f'<td data-diff="changed">{DEL}int</del></td>'),
    "items": (f"<ul><li>{LOGIN}</li><li>Gone.</li><li>{TOKENS}</li></ul>",
        f"<ul><li>{LOGIN}</li><li>{TOKENS}<ul><li>New.</li></ul></li></ul>",
        f'<li data-diff="removed">{DEL}Gone.</del></li>',
        f'<li data-diff="added" data-block="3">{INS}New.</ins></li>'),
    "code by line": ("<pre>def run():\n    first()\n    last()</pre>",
        "<pre>def run():\n    second()\n    last()\n    more()</pre>",
        f"def run():\n{DEL}    first()\n</del>{INS}    second()\n</ins>"
        f"    last()\n{INS}    more()</ins></pre>"),
    "the last line": ("<pre>a\nb\nc</pre>", "<pre>a\nb</pre>", f"b{DEL}\nc</del></pre>"),
    "another last line": ("<pre>a\nb</pre>", "<pre>a\nc</pre>",
        f"a\n{DEL}b\n</del>{INS}c</ins></pre>"),
    "line ends alone": ("<p>x</p><pre>if a:\n  b()\nc()</pre>",
        "<p>x y</p><pre>if a:\n  b()\n  c()</pre>", f"{DEL}c()\n</del>{INS}  c()</ins>"),
    "lines of a diff": (LINES.format("new()"), LINES.format("more()"),
        f'old()</span>{DEL}<span class="a">new()</span></del>'
        f'<span class="a">{INS}more()</ins></span></pre>'),
    "drawings are wholes": (drawing("web", "cache"), drawing("web", "disk"),
        '<div data-diff="beside"><del', '</del><ins', '<div class="pp-drawing"><svg'),
    "the words of a flow": (FLOW.format(SHOP, BILLING), FLOW.format(STORE, BILLING),
        f"{DEL}Shop</del>{INS}Store</ins></b> takes"),
    "a flow with less": (FLOW.format(SHOP, BILLING), FLOW.format(SHOP, ""),
        '<div data-diff="beside">'),
    "a flow with more": (FLOW.format(SHOP, ""), FLOW.format(SHOP, BILLING),
        '<div data-diff="beside">'),
    "an icon stays in front": (P(ICON + "worker runs a job"), P(ICON + "workers runs a job"),
        f"</svg>{DEL}worker</del>{INS}workers</ins> runs"),
    "words in fixed places": (BARS.format("40 s"), BARS.format("44 s"),
        f">{DEL}40</del>{INS}44</ins> s</dd>", "~beside"),
    "deep": (DEEP.format(TOKENS), DEEP.format(TOKENS.replace("hour", "day")),
        f"{DEL}hour</del>{INS}day</ins>"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_marked(name):
    old, new, *expected = CASES[name]
    html = shown(old, new)
    for words in expected:
        assert (words.removeprefix("~") in html) != words.startswith("~"), (words, html)


def test_rows_and_columns_are_marked_once():
    html = shown(*CASES["rows"][:2])
    assert (html.count("<table"), html.count("<del"), html.count("<ins")) == (1, 3, 3)
    two = "<table><tr><th>Field</th><th>Type</th></tr><tr><td>id</td><td>int</td></tr></table>"
    one = "<table><tr><th>Field</th></tr><tr><td>id</td></tr></table>"
    assert shown(two, one).count("<del") == 2 and shown(one, two).count("<ins") == 2


def test_a_block_that_moved_is_neither_inserted_nor_deleted():
    html = shown(P(LOGIN) + P(TOKENS) + P(LIMITS), P(LIMITS) + P(LOGIN) + P(TOKENS))
    assert "<ins" not in html and "<del" not in html
    assert html.count('data-diff="moved"') == html.count('data-diff="from"') == 1
    [target] = re.findall(r'<p data-diff="from"><a href="#([^"]*)"', html)
    assert f'<p data-diff="moved" id="{target}" data-block="1">{LIMITS}</p>' in html
    html = page({"a": P(LOGIN) + P(LIMITS), "b": P(TOKENS)},
                {"a": P(LOGIN), "b": P(TOKENS) + P(LIMITS)})  # fmt: skip
    assert "<ins" not in html and "<del" not in html
    assert html.index('data-diff="from"') < html.index('id="s-b"') < html.index('data-diff="moved"')


def test_whole_sections():
    html = page({"a": P(LOGIN), "b": f"<h2>B</h2><ul><li>{TOKENS}</li></ul>"},
                {"a": P(LOGIN), "c": P(LIMITS)})  # fmt: skip
    assert f'<li data-diff="removed">{DEL}{TOKENS}</del></li>' in html
    assert f'data-block="1">{INS}{LIMITS}</ins></p>' in html
    assert 'id="d-s-b.was-' in html and 'data-diff="added" id="s-c"' in html
    parts = {n: f"<h2>{n}</h2><p>{t}</p>" for n, t in zip("abc", (LOGIN, TOKENS, LIMITS))}  # noqa: B905
    html = page(parts, {n: parts[n] for n in "cab"})
    assert "<ins" not in html and "<del" not in html
    link = '<a href="#s-c" rel="noopener noreferrer nofollow">Moved</a>'
    assert html.endswith(f'<p data-diff="from">{link}</p>')
    assert html.startswith('<section data-diff="moved" id="s-c"')


def test_names_of_what_is_gone_are_its_own():
    html = shown(f'<p id="x">{LOGIN}</p><p id="y" aria-labelledby="y">{TOKENS}</p>',
                 f'<p id="x">{LOGIN}</p>')  # fmt: skip
    assert re.search(r'data-diff="removed" id="(d-y.was-\w+)" aria-labelledby="\1"', html)


@pytest.mark.parametrize("name", ["added", "removed", "moved", "from", "changed", "beside"])
def test_no_pushed_document_has_our_marks(name):
    pushed = f'<p data-diff="{name}" data-block="7">a <ins data-diff="{name}">b</ins></p>'
    assert sanitizer.clean(pushed) == "<p>a <ins>b</ins></p>"
    assert "data-diff" not in stored("a", pushed)


def test_our_sanitizer_takes_only_our_marks():
    bad = '<p data-diff="x" data-block="a" onclick="b" id="s-A"><svg data-diff="added"></svg></p>'
    assert sanitizer.clean_compared(bad) == '<p id="d-s-A"><svg></svg></p>'


def test_very_long_texts_are_shown_whole():
    words = " ".join(f"w{n}" for n in range(60_000))
    html = shown(f"<p>start {words} end</p>", f"<p>begin {words[::-1]} end</p>")
    assert html.count("<del") == html.count("<ins") == 1


def sections(**bodies: str) -> dict[str, str]:
    return {a: f'<section data-anchor="{a}">{body}</section>' for a, body in bodies.items()}


def test_changes_are_counted_and_an_unchanged_section_is_as_it_was_stored():
    old = P(LOGIN) + P("Gone.") + P(TOKENS)
    new = P(f"{LOGIN} More.") + P(TOKENS) + P("New here.") + P("And this too.")
    [one] = compared(sections(a=old), sections(a=new))
    assert one.counts == {"added": 2, "removed": 1, "changed": 1}
    same = sections(a=P(LOGIN))
    [one] = compared(same, same)
    assert one.html == stored("a", same["a"]) == svg.settle(one.html)
    part = Part("a", "A", 1, build("a", same["a"]).blocks)
    [bare] = redline(compare([part], [part]), {}, {}, ["a"])
    assert bare.html == ""


def test_sections_of_which_too_much_changed_are_shown_as_wholes(monkeypatch):
    old = {"a": P(LOGIN), "b": f'<p id="x">{TOKENS * 9}</p>', "c": P(LIMITS)}
    new = {key: html.replace("is", "was").replace("hour", "day") for key, html in old.items()}
    assert not any(one.is_coarse for one in compared(old, new))
    monkeypatch.setattr(render, "RENDERED", 600)
    html = page(old, new)
    assert f"{DEL}hour</del>" not in html and html.count('id="s-b"') == 1
    assert re.search(r'<section data-diff="removed"[^>]*><p id="d-x.was-\w+">', html)
    assert f"{DEL}is</del>{INS}was</ins>" in html
    monkeypatch.setattr(render, "RENDERED", 100)
    assert all(one.is_coarse for one in compared(old, new))


def test_a_section_with_too_many_changes_is_shown_as_a_whole(monkeypatch):
    monkeypatch.setattr(render, "MARKED", 3)
    old = {key: "".join(P(f"{key}{n} {LOGIN}") for n in range(4)) for key in "ab"}
    new = {"a": old["a"].replace(LOGIN, TOKENS), "b": old["b"].replace("b1", "c1")}
    many, few = compared(old, new)
    assert many.is_coarse and many.html.count("data-diff") == 2
    assert not few.is_coarse and f"{INS}c1</ins>" in few.html


@pytest.mark.parametrize("tag", ["p", "pre"])
def test_tags_around_many_words_are_not_repeated_without_end(tag):
    words = ["\n".join(f"w{n}\n{word}" for n in range(300)) for word in "ab"]
    before = f"<section><{tag}>{'<b>' * 150}{words[0]}{'</b>' * 150}</{tag}></section>"
    after = f"<section><{tag}>{words[1]}</{tag}></section>"
    [one] = compared({"v": before}, {"v": after})
    assert len(one.html) < 6 * len(before + after)


FOLD = "<details><summary>More</summary><p>{}</p></details>".format


def changes(old: str, new: str) -> str:
    """Return the comparison as the page shows it: each change can be gone to."""
    return "".join(one.html for one in Shown.all(compared(sections(a=old), sections(a=new))))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>one two three</p>", "<p>one 2 three</p>", ["p"]),
        ("<p>one</p><p>two</p>", "<p>one</p>", ["p"]),
        ("<p>one</p>", "<p>one</p><ul><li>two</li><li>three</li></ul>", ["ul"]),
        ("<ul><li>one two three four<ul><li>a b c d</li></ul></li></ul>",
         "<ul><li>one 2 three four<ul><li>a b c e</li></ul></li></ul>", ["li", "li"]),
        ("<p>same</p>", "<p>same</p>", []),
        (table(("one", "")), table(("one", ""), ("two", "")), ["tr"]),
    ],
)  # fmt: skip
def test_a_block_that_differs_is_gone_to(old, new, expected):
    assert re.findall(r"<(\w+) data-stop", changes(old, new)) == expected


def test_whole_sections_are_gone_to_once_and_numbers_go_on():
    body = "<h2>{0}</h2><p>Only in one of them is {0}.</p>"
    old, new = ({n: body.format(n) for n in names} for names in ("ab", "ac"))
    found = {one.section.compared.state: one
             for one in Shown.all(compared(sections(**old), sections(**new)))}  # fmt: skip
    gone, came = found["removed"], found["added"]
    assert (gone.came, came.went) == (0, 0) and gone.went > 0 < came.came
    assert len(gone.ids) + len(came.ids) <= 2
    [whole] = Shown.all(compared({}, sections(a=body.format("a"))))
    assert whole.ids == ["s-a"]
    both = [sections(**dict.fromkeys("ab", f"<p>{word} stays</p>")) for word in ("one", "two")]
    assert [list(one.ids) for one in Shown.all(compared(*both))] == [["pp-c1"], ["pp-c2"]]


def test_the_space_before_words_is_not_marked_but_in_code():
    html = changes("<p>Shown always here</p>", "<p>Shown always here in lists</p>")
    assert "here <ins" in html and ">in lists</ins>" in html
    html = changes("<p>a <b>bold</b> word here</p>", "<p>a <b>bold</b> strict word here</p>")
    assert not re.search(r"<ins[^>]*>\s*</ins>", html)
    assert ">    c" in changes("<pre>a\nb\n</pre>", "<pre>a\n    c\nb\n</pre>")


def test_what_is_folded_around_a_change_is_open():
    html = changes(FOLD("one two") + FOLD("same"), FOLD("one 2") + FOLD("same"))
    assert re.findall(r"<details[^>]*>", html) == ['<details open="">', "<details>"]
    assert changes(FOLD(FOLD("a b")), FOLD(FOLD("a c"))).count('<details open="">') == 2


def pushed(html: str) -> dict[str, Section]:
    limits.check(html)
    return {piece.anchor: made(piece.anchor, piece.html) for piece in cut(html).pieces}


@pytest.mark.long
@pytest.mark.skipif(len(FILES) < 76, reason="the pairs of real revisions are not at ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_both_versions_of_a_real_document_can_be_read_out_of_their_comparison(path):
    pair = json.loads(gzip.decompress(path.read_bytes()))
    check(pushed(pair["old_html"]), pushed(pair["new_html"]))


EXAMPLES = [draw(part.name, part.example)[0] for part in COMPONENTS]
WORDS = ["queue", "worker &amp; co", "a <b>bold</b> step", "", "retry", "<code>x</code>", "世界 é"]
TEXT = re.compile(r">([^<>]*\w[^<>]*)<")
BLOCK = re.compile(r"<(p|li|tr|td|dd|dt|h3|figure|article|span|pre|summary)\b.*?</\1>", re.DOTALL)


def reworded(html: str, chance: random.Random) -> str:
    """Return a document with words changed, and blocks taken out, put in, doubled and moved."""
    for _ in range(chance.randrange(1, 5)):
        found = [*(BLOCK if chance.random() < 0.6 else TEXT).finditer(html)]
        if not found:
            continue
        one, other = chance.choice(found), chance.choice(found)
        put = chance.choice([*WORDS, one[0], other[0]])
        if one.re is TEXT:
            html = f"{html[: one.start(1)]}{put}{html[one.end(1) :]}"
        elif chance.random() < 0.5:
            html = html[: one.start()] + html[one.end() :]
        else:
            html = f"{html[: other.start()]}{one[0]}{html[other.start() :]}"
    return html


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=5), st.randoms(use_true_random=False)
)
def test_both_versions_can_be_read_out_of_random_edits_of_every_component(parts, chance):
    old = {f"s{n}": re.sub(r' data-anchor="[^"]*"', "", html) for n, html in enumerate(parts)}
    new = {key: reworded(html, chance) for key, html in old.items() if chance.random() < 0.9}
    if chance.random() < 0.3:
        new = dict(chance.sample([*new.items()], len(new)))
    page(old, new)
