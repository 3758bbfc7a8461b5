"""Stops: each change of a comparison can be gone to; nothing but names of ours is added."""

import re

import pytest

from planpush.document.diff.navigation import Shown, heading_end, numbered, put
from planpush.document.sanitizer import sanitizer
from tests.document.redlines import compared
from tests.document.test_redline_xss import FOLDER, outputs

NAMES = re.compile(r' data-stop(?: id="pp-c[0-9]+")?(?: tabindex="-1")?')


def shown(old, new):
    """Compare documents of one section each."""
    sections = compared(*({"a": f'<section data-anchor="a">{one}</section>'} for one in (old, new)))
    return Shown.all(sections)


def stops(old, new):
    """The tags that are stops."""
    return re.findall(r"<(\w+) data-stop", "".join(one.html for one in shown(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>one two three</p>", "<p>one 2 three</p>", ["p"]),
        ("<p>one</p><p>two</p>", "<p>one</p>", ["p"]),
        ("<p>one</p>", "<p>one</p><ul><li>two</li><li>three</li></ul>", ["ul"]),
        ("<ul><li>one two three four<ul><li>a b c d</li></ul></li></ul>",
         "<ul><li>one 2 three four<ul><li>a b c e</li></ul></li></ul>", ["li", "li"]),
        ("<p>same</p>", "<p>same</p>", []),
    ],
)  # fmt: skip
def test_a_stop_is_a_block_that_differs(old, new, expected):
    assert stops(old, new) == expected


def test_what_came_as_a_whole_is_one_stop():
    section = '<section data-anchor="{}"><h2>H</h2><p>Words.</p></section>'
    made = Shown.all(compared({"a": section.format("a")}, {"b": section.format("b")}))
    assert sum(len(one.ids) for one in made) <= 2
    made = Shown.all(compared({}, {"a": section.format("a")}))
    assert [one.ids for one in made] == [["s-a"]]


def test_in_a_section_that_is_gone_nothing_came_and_in_a_new_one_nothing_went():
    section = '<section data-anchor="{0}"><h2>{0}</h2><p>Only in one of them is {0}.</p></section>'
    old, new = ({"a": section.format("a"), anchor: section.format(anchor)} for anchor in "bc")
    told = {
        one.section.compared.state: (one.came, one.went) for one in Shown.all(compared(old, new))
    }
    assert told["removed"][0] == told["added"][1] == 0
    assert told["removed"][1] > 0 < told["added"][0]


def test_an_empty_cell_is_no_stop():
    row = "<tr><td>{}</td><td></td><td>text</td></tr>"
    table = "<table><tr><th>A</th><th>B</th><th>C</th></tr>{}</table>"
    old, new = table.format(row.format("one")), table.format(row.format("one") + row.format("two"))
    assert stops(old, new) == ["tr"]


def test_the_numbers_go_on_from_section_to_section():
    old, new = (
        {a: f'<section data-anchor="{a}"><p>{word} stays</p></section>' for a in "ab"}
        for word in ("one", "two")
    )
    made = Shown.all(compared(old, new))
    assert [list(one.ids) for one in made] == [["pp-c1"], ["pp-c2"]]


def test_the_space_before_words_is_not_marked_but_in_code():
    [one] = shown("<p>Shown always here</p>", "<p>Shown always here in lists</p>")
    assert "here <ins" in one.html and ">in lists</ins>" in one.html
    [one] = shown("<p>a <b>bold</b> word here</p>", "<p>a <b>bold</b> strict word here</p>")
    assert not re.search(r"<ins[^>]*>\s*</ins>", one.html)
    [one] = shown("<pre>a\nb\n</pre>", "<pre>a\n    c\nb\n</pre>")
    assert ">    c" in one.html


def test_marks_follow_the_heading_of_what_is_gone():
    assert heading_end("<section><h2>Title</h2><p>one</p></section>") == 23
    assert heading_end("<section><p>one</p></section>") == 9
    assert put("abc", [(2, "y"), (0, "x"), (2, "z")]) == "xabyzc"


def test_what_is_folded_around_a_change_is_open():
    fold = "<details><summary>More</summary><p>{}</p></details>"
    [one] = shown(
        fold.format("one two") + fold.format("same"), fold.format("one 2") + fold.format("same")
    )
    assert re.findall(r"<details[^>]*>", one.html) == ['<details open="">', "<details>"]
    [one] = shown(fold.format(fold.format("a b")), fold.format(fold.format("a c")))
    assert one.html.count('<details open="">') == 2


def test_nothing_but_names_is_added():
    old = "<h2>One</h2><p>a b c d</p><ul><li>x y z</li></ul><pre>1\n2</pre>"
    new = "<h2>Two</h2><p>a <i>e</i> c d</p><ul><li>x w z</li><li>n</li></ul><pre>1\n3</pre>"
    for one in shown(old, new):
        bare = NAMES.sub("", one.html)
        assert re.sub(r"\s", "", bare) == re.sub(r"\s", "", one.section.html)


@pytest.mark.long
@pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/tools/xss is not on this machine")
def test_nothing_but_names_is_added_to_attack_vectors():
    kept = 0
    for html in outputs(ways=1):
        kept += 1
        made, _ = numbered(html, 1)
        for one in (NAMES.sub("", made), sanitizer.clean_compared(NAMES.sub("", made))):
            assert squeezed(one) == squeezed(html)
    assert kept > 500


def squeezed(html):
    """HTML without spaces, those that are marked too, and with nothing folded."""
    html = re.sub(r'<(ins|del) data-diff="[a-z]+">\s*</\1>', "", html)
    return re.sub(r'\s| open=""', "", html)
