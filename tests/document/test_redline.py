"""A rendered comparison: both versions can be read out of it, and it marks what it should."""

from __future__ import annotations

import re

import pytest

from planpush.document.diff import render as content_redline
from planpush.document.diff.comparison import Part, compare
from planpush.document.diff.render import redline
from planpush.document.sanitizer import sanitizer, svg
from planpush.document.sections import build
from tests.document.redlines import compared, reverted, stored, texts

LOGIN = "A person signs in with a password that is never stored in clear text."
TOKENS = "Tokens live for one hour and are renewed without asking anybody again."
LIMITS = "Ten wrong passwords lock an account for fifteen minutes, and that is told."
INS, DEL = '<ins data-diff="added">', '<del data-diff="removed">'


def shown(old: str, new: str) -> str:
    """Return one section's comparison; both versions can be read out of it."""
    return page({"a": old}, {"a": new})


def page(old: dict[str, str], new: dict[str, str]) -> str:
    before, after = (
        {a: f'<section data-anchor="{a}">{body}</section>' for a, body in made.items()}
        for made in (old, new)
    )
    html = "".join(one.html for one in compared(before, after))
    for side, made in (("old", before), ("new", after)):
        assert texts(reverted(html, side)) == texts("".join(stored(a, b) for a, b in made.items()))
    assert sanitizer.clean_compared(html) == html
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(set(ids)) == len(ids)
    return html


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


def test_texts_without_anything_in_common_are_not_mixed():
    html = shown("<p>Same.</p><p>nothing in common</p>", "<p>Same.</p><p>all of it differs</p>")
    assert f'<p data-diff="removed">{DEL}nothing in common</del></p>' in html
    assert f'<p data-diff="added" data-block="2">{INS}all of it differs</ins></p>' in html


def test_a_block_that_moved_is_neither_inserted_nor_deleted():
    old, new = (LOGIN, TOKENS, LIMITS), (LIMITS, LOGIN, TOKENS)
    html = shown(*("".join(f"<p>{text}</p>" for text in made) for made in (old, new)))
    assert "<ins" not in html and "<del" not in html
    assert html.count('data-diff="moved"') == html.count('data-diff="from"') == 1
    [target] = re.findall(r'<p data-diff="from"><a href="#([^"]*)"', html)
    assert f'<p data-diff="moved" id="{target}" data-block="1">{LIMITS}</p>' in html


def test_a_block_that_moved_and_changed_is_marked_where_it_is():
    changed = LIMITS.replace("fifteen", "twenty")
    html = shown(f"<p>{LOGIN}</p><p>{TOKENS}</p><p>{LIMITS}</p>",
                 f"<p>{changed}</p><p>{LOGIN}</p><p>{TOKENS}</p>")  # fmt: skip
    assert f"for {DEL}fifteen</del>{INS}twenty</ins> minutes" in html
    assert html.count('data-diff="from"') == 1


def test_a_block_that_went_to_another_section_is_linked_from_the_one_that_it_left():
    html = page({"a": f"<p>{LOGIN}</p><p>{LIMITS}</p>", "b": f"<p>{TOKENS}</p>"},
                {"a": f"<p>{LOGIN}</p>", "b": f"<p>{TOKENS}</p><p>{LIMITS}</p>"})  # fmt: skip
    assert "<ins" not in html and "<del" not in html
    assert html.index('data-diff="from"') < html.index('id="s-b"') < html.index('data-diff="moved"')


def table(*rows: tuple[str, str]) -> str:
    cells = "".join(f"<tr><td>{key}</td><td>{kind}</td></tr>" for key, kind in rows)
    return (
        f"<table><thead><tr><th>Field</th><th>Type</th></tr></thead><tbody>{cells}</tbody></table>"
    )


def test_rows_are_marked_in_the_table():
    old = table(("id", "int"), ("name", "text"), ("age", "int"))
    new = table(("id", "uuid"), ("age", "int"), ("mail", "text"))
    html = shown(old, new)
    assert html.count("<table") == 1
    assert (f'<tr data-diff="removed"><td data-diff="removed">{DEL}name</del></td>'
            f'<td data-diff="removed">{DEL}text</del></td></tr>') in html  # fmt: skip
    assert re.search(r'<tr data-diff="added"><td data-diff="added"[^>]*><ins', html)
    assert f">{DEL}int</del>{INS}uuid</ins></td>" in html
    assert html.count("<del") == 3 and html.count("<ins") == 3


def test_a_row_that_moved_is_not_deleted_and_added():
    rows = [("id", "int"), ("name", "text"), ("age", "number"), ("mail", "address")]
    html = shown(table(*rows), table(rows[3], *rows[:3]))
    assert "<ins" not in html and "<del" not in html
    assert html.count('<tr data-diff="moved"') == html.count('<tr data-diff="from"') == 1


def test_a_column_that_came_or_went_is_marked_in_every_row():
    one = "<table><tr><th>Field</th><th>Type</th></tr><tr><td>id</td><td>int</td></tr></table>"
    two = "<table><tr><th>Field</th></tr><tr><td>id</td></tr></table>"
    assert shown(one, two).count("<del") == 2 and shown(two, one).count("<ins") == 2


def test_a_cell_that_was_empty_and_is_empty_stays_as_it_is():
    html = shown(table(("id", ""), ("name", "text")), table(("id", ""), ("name", "uuid")))
    assert "<td></td>" in html and html.count("<td") == 4
    html = shown(table(("id", ""), ("name", "text")), table(("id", ""), ("", ""), ("name", "text")))
    assert 'data-diff="removed"' not in html


def test_a_cell_that_was_filled_or_emptied_is_one_cell():
    empty, filled = table(("id", ""), ("name", "text")), table(("id", "int"), ("name", "text"))
    assert f"{INS}int</ins></td>" in shown(empty, filled)
    assert f'<td data-diff="changed">{DEL}int</del></td>' in shown(filled, empty)


def test_items_of_lists():
    html = shown(f"<ul><li>{LOGIN}</li><li>Gone.</li><li>{TOKENS}</li></ul>",
                 f"<ul><li>{LOGIN}</li><li>{TOKENS}<ul><li>New.</li></ul></li></ul>")  # fmt: skip
    assert f'<li data-diff="removed">{DEL}Gone.</del></li>' in html
    assert f'<li data-diff="added" data-block="3">{INS}New.</ins></li>' in html


def test_code_is_compared_by_line():
    html = shown("<pre>def run():\n    first()\n    last()</pre>",
                 "<pre>def run():\n    second()\n    last()\n    more()</pre>")  # fmt: skip
    assert (f"def run():\n{DEL}    first()\n</del>{INS}    second()\n</ins>"
            f"    last()\n{INS}    more()</ins></pre>") in html  # fmt: skip
    assert shown("<pre>a\nb\nc</pre>", "<pre>a\nb</pre>").count(f"b{DEL}\nc</del></pre>") == 1
    assert f"a\n{DEL}b\n</del>{INS}c</ins></pre>" in shown("<pre>a\nb</pre>", "<pre>a\nc</pre>")


def test_what_is_shaped_by_its_line_ends_is_compared_even_if_the_words_are_the_same():
    html = shown("<p>x</p><pre>if a:\n  b()\nc()</pre>", "<p>x y</p><pre>if a:\n  b()\n  c()</pre>")
    assert f"{DEL}c()\n</del>{INS}  c()</ins>" in html


def drawing(*nodes: str) -> str:
    inside = "".join(f'<g data-anchor="n-{n}"><text id="t{n}">{n}</text></g>' for n in nodes)
    picture = f'<div class="pp-drawing"><svg viewBox="0 0 9 9">{inside}</svg></div>'
    return f"<figure>{picture}<figcaption>{LOGIN}</figcaption></figure>"


def test_drawings_stand_beside_each_other_as_wholes():
    html = shown(drawing("web", "cache"), drawing("web", "disk"))
    both = re.search(
        r'<div data-diff="beside"><del[^>]*>(.*)</del><ins[^>]*>(.*)</ins></div>', html
    )
    assert both and all(one.startswith('<div class="pp-drawing"><svg') for one in both.groups())
    assert not re.search(r"<svg(?:(?!</svg>).)*<(?:ins|del)", html)
    assert (
        "<ins"
        not in shown(drawing("web") + "<p>a</p>", drawing("web") + "<p>a b</p>").split("<p")[0]
    )


FLOW = '<figure class="pp-figure"><ol class="pp-flow">{}</ol></figure>'
NODE = '<li class="pp-node c{} r1"><b>{}</b> takes the order and writes it</li>'


def test_a_flow_is_a_whole_unless_only_its_words_changed():
    old = FLOW.format(NODE.format(1, "Shop") + NODE.format(2, "Billing"))
    words = FLOW.format(NODE.format(1, "Store") + NODE.format(2, "Billing"))
    less = FLOW.format(NODE.format(1, "Shop"))
    assert f"{DEL}Shop</del>{INS}Store</ins></b> takes" in shown(old, words)
    assert '<div data-diff="beside">' in shown(old, less)
    assert '<div data-diff="beside">' in shown(less, old)


def test_lines_of_a_diff_are_lines():
    lines = '<pre><span class="d">old()</span><span class="a">{}</span></pre>'
    html = shown(lines.format("new()"), lines.format("more()"))
    assert (f'old()</span>{DEL}<span class="a">new()</span></del>'
            f'<span class="a">{INS}more()</ins></span></pre>') in html  # fmt: skip


def test_an_icon_stays_in_front():
    icon = '<svg class="i" aria-hidden="true"><use href="#i-x"></use></svg>'
    html = shown(f"<p>{icon}worker runs a job</p>", f"<p>{icon}workers runs a job</p>")
    assert f"</svg>{DEL}worker</del>{INS}workers</ins> runs" in html


def test_the_words_of_what_has_fixed_places_are_mixed_in_their_places():
    bars = '<dl class="pp-bars"><dt>Inline</dt><dd class="v">{}</dd><dt>Queue</dt><dd>2 s</dd></dl>'
    html = shown(bars.format("40 s"), bars.format("44 s"))
    assert f">{DEL}40</del>{INS}44</ins> s</dd>" in html and "beside" not in html


def test_whole_sections():
    html = page({"a": f"<p>{LOGIN}</p>", "b": f"<h2>B</h2><ul><li>{TOKENS}</li></ul>"},
                {"a": f"<p>{LOGIN}</p>", "c": f"<p>{LIMITS}</p>"})  # fmt: skip
    assert f'<li data-diff="removed">{DEL}{TOKENS}</del></li>' in html
    assert f'data-block="1">{INS}{LIMITS}</ins></p>' in html
    assert 'id="d-s-b.was-' in html and 'data-diff="added" id="s-c"' in html


def test_a_section_that_moved_leaves_a_link():
    a, b, c = (
        f"<h2>{n}</h2><p>{t}</p>" for n, t in zip("ABC", (LOGIN, TOKENS, LIMITS), strict=True)
    )
    html = page({"a": a, "b": b, "c": c}, {"c": c, "a": a, "b": b})
    assert "<ins" not in html and "<del" not in html
    assert html.endswith(
        '<p data-diff="from"><a href="#s-c" rel="noopener noreferrer nofollow">Moved</a></p>'
    )
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


def test_our_sanitiser_takes_only_our_marks():
    bad = '<p data-diff="x" data-block="a" onclick="b" id="s-A"><svg data-diff="added"></svg></p>'
    assert sanitizer.clean_compared(bad) == '<p id="d-s-A"><svg></svg></p>'


def test_very_long_texts_are_shown_whole():
    words = " ".join(f"w{n}" for n in range(60_000))
    html = shown(f"<p>start {words} end</p>", f"<p>begin {words[::-1]} end</p>")
    assert html.count("<del") == html.count("<ins") == 1


def test_very_deep_documents_are_walked():
    def deep(text: str) -> str:
        return "<div>" * 190 + f"<p>{text}</p>" + "</div>" * 190

    assert f"{DEL}hour</del>{INS}day</ins>" in shown(
        deep(TOKENS), deep(TOKENS.replace("hour", "day"))
    )


def test_counts():
    old = f"<p>{LOGIN}</p><p>Gone.</p><p>{TOKENS}</p>"
    new = f"<p>{LOGIN} More.</p><p>{TOKENS}</p><p>New here.</p><p>And this too.</p>"
    [one] = compared({"a": f'<section data-anchor="a">{old}</section>'},
                     {"a": f'<section data-anchor="a">{new}</section>'})  # fmt: skip
    assert one.counts == {"added": 2, "removed": 1, "changed": 1}


def test_an_unchanged_section_is_as_it_was_stored():
    made = {"a": f'<section data-anchor="a"><p>{LOGIN}</p></section>'}
    [one] = compared(made, made)
    assert one.html == stored("a", made["a"])
    built = build("a", made["a"])
    part = Part("a", "A", 1, built.blocks)
    [bare] = redline(compare([part], [part]), {}, {}, ["a"])
    assert bare.html == ""
    assert svg.settle(one.html) == one.html


def test_sections_of_which_too_much_changed_are_shown_as_wholes(monkeypatch):
    monkeypatch.setattr(content_redline, "RENDERED", 600)
    old = {"a": f"<p>{LOGIN}</p>", "b": f'<p id="x">{TOKENS * 9}</p>', "c": f"<p>{LIMITS}</p>"}
    new = {key: html.replace("is", "was").replace("hour", "day") for key, html in old.items()}
    html = page(old, new)
    assert f"{DEL}hour</del>" not in html and html.count('id="s-b"') == 1
    assert re.search(r'<section data-diff="removed"[^>]*><p id="d-x.was-\w+">', html)
    assert f"{DEL}is</del>{INS}was</ins>" in html


def test_a_section_with_too_many_changes_is_shown_as_a_whole(monkeypatch):
    monkeypatch.setattr(content_redline, "MARKED", 3)
    old = {key: "".join(f"<p>{key}{n} {LOGIN}</p>" for n in range(4)) for key in "ab"}
    new = {"a": old["a"].replace(LOGIN, TOKENS), "b": old["b"].replace("b1", "c1")}
    many, few = compared(old, new)
    assert many.is_coarse and many.html.count("data-diff") == 2
    assert not few.is_coarse and f"{INS}c1</ins>" in few.html


def test_it_is_said_where_not_all_is_marked_word_by_word(monkeypatch):
    made = [{"a": f'<section data-anchor="a"><p>{text}</p></section>'} for text in (LOGIN, LIMITS)]
    assert not any(one.is_coarse for one in compared(*made))
    monkeypatch.setattr(content_redline, "RENDERED", 100)
    assert [one.is_coarse for one in compared(*made)] == [True]


@pytest.mark.parametrize("tag", ["p", "pre"])
def test_tags_around_many_words_are_not_repeated_without_end(tag):
    words, ends = ["\n".join(f"w{n}\n{word}" for n in range(300)) for word in "ab"], "</b>" * 150
    before = f"<section><{tag}>{'<b>' * 150}{words[0]}{ends}</{tag}></section>"
    after = f"<section><{tag}>{words[1]}</{tag}></section>"
    [shown] = compared({"v": before}, {"v": after})
    assert len(shown.html) < 6 * len(before + after)
