"""What a comparison says of two documents, and what it costs."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.blocks import Block
from planpush.document.diff.comparison import Part, compare, too_much
from planpush.document.diff.words import reworded
from planpush.document.sections import build

LOGIN = "A person signs in with a password that is never stored in clear text."
TOKENS = "Tokens live for one hour and are renewed without asking anybody again."
LIMITS = "Ten wrong passwords lock an account for fifteen minutes, and that is told."


def document(**sections):
    made = {anchor.replace("_", "-"): body for anchor, body in sections.items()}
    return [
        Part(anchor, built.title, f"{anchor} {body}", built.blocks)
        for anchor, body in made.items()
        for built in [build(anchor, f'<section data-anchor="{anchor}">{body}</section>')]
    ]


def told(found):
    return [(section.part.anchor, section.state, section.moved) for section in found]


def blocks(section):
    return [
        (change.state, change.before and change.before.text, change.after and change.after.text)
        for change in section.changes
    ]


A, B, C = (
    f"<h2>{n}</h2><p>{text}</p>" for n, text in zip("ABC", (LOGIN, TOKENS, LIMITS), strict=True)
)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"a": A, "b": B, "c": C}, [("a", "same", 0), ("b", "same", 0), ("c", "same", 0)]),
        ({"a": A, "b": B}, [("a", "same", 0), ("b", "same", 0), ("c", "removed", 0)]),
        ({"b": B, "c": C}, [("a", "removed", 0), ("b", "same", 0), ("c", "same", 0)]),
        ({"c": C, "a": A, "b": B}, [("c", "moved", 1), ("a", "same", 0), ("b", "same", 0)]),
        ({"a": A, "x": B, "c": C}, [("a", "same", 0), ("x", "renamed", 0), ("c", "same", 0)]),
        ({"a": A, "b": B + "<p>New.</p>", "c": C},
         [("a", "same", 0), ("b", "changed", 0), ("c", "same", 0)]),
        ({"c": C + "<p>New.</p>", "a": A, "b": B},
         [("c", "changed", 1), ("a", "same", 0), ("b", "same", 0)]),
        ({"a": A, "n": "<h2>N</h2><p>All new here.</p>", "b": B, "c": C},
         [("a", "same", 0), ("n", "added", 0), ("b", "same", 0), ("c", "same", 0)]),
        ({"c": C, "b": B, "x": A},
         [("c", "moved", 1), ("b", "moved", 1), ("x", "renamed", 0)]),
    ],
)  # fmt: skip
def test_sections(new, expected):
    assert told(compare(document(a=A, b=B, c=C), document(**new))) == expected


def test_a_renamed_section_says_what_it_was_called():
    renamed = f"<h2>Sessions</h2><p>{TOKENS}</p>"
    [_, section] = compare(document(a=A, b=B), document(a=A, sessions=renamed))
    assert (section.was.anchor, section.was.title) == ("b", "B")
    assert section.state == "changed" and blocks(section) == [
        ("removed", "B", None), ("added", None, "Sessions"),
    ]  # fmt: skip


def test_a_section_with_a_rival_is_not_called_renamed():
    new = document(a=A, x=B, y=B)
    assert told(compare(document(a=A, b=B), new)) == [
        ("a", "same", False), ("b", "removed", False), ("x", "added", False), ("y", "added", False),
    ]  # fmt: skip


def changes(old, new):
    [section] = compare(document(a=old), document(a=new))
    return blocks(section)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", "<p>One.</p><p>New.</p><p>Two.</p>", [("added", None, "New.")]),
        ("<p>One.</p><p>Old.</p><p>Two.</p>", "<p>One.</p><p>Two.</p>",
         [("removed", "Old.", None)]),
        (f"<p>{LOGIN}</p>", f"<p>{LOGIN.replace('password', 'passkey')}</p>",
         [("changed", LOGIN, LOGIN.replace("password", "passkey"))]),
        (f"<p>{LOGIN}</p>", f"<p><b>A person</b>{LOGIN[8:]}</p>", []),
        ("<p>N/A</p><p>x</p><p>N/A</p>", "<p>N/A</p><p>y</p><p>N/A</p>",
         [("removed", "x", None), ("added", None, "y")]),
        ("<p>N/A</p><p>N/A</p>", "<p>N/A</p><p>N/A</p><p>N/A</p>", [("added", None, "N/A")]),
        (f"<p>{LOGIN}</p><p>{TOKENS}</p><p>{LIMITS}</p>",
         f"<p>{LIMITS}</p><p>{LOGIN}</p><p>{TOKENS}</p>", [("moved", LIMITS, LIMITS)]),
    ],
)  # fmt: skip
def test_blocks(old, new, expected):
    assert changes(old, new) == expected


def test_cells_go_by_the_key_of_their_row():
    def table(*rows):
        cells = "".join(f"<tr><td>{key}</td><td>{kind}</td></tr>" for key, kind in rows)
        return f"<table><tr><th>Field</th><th>Type</th></tr>{cells}</table>"

    old = table(("id", "int"), ("name", "text"), ("age", "int"))
    new = table(("age", "int"), ("id", "uuid"), ("mail", "text"))
    [section] = compare(document(a=old), document(a=new))
    found = {(c.state, (c.after or c.before).row, (c.after or c.before).column)
             for c in section.changes}  # fmt: skip
    assert found == {
        ("changed", "id", "Type"),
        ("removed", "name", "Field"), ("removed", "name", "Type"),
        ("added", "mail", "Field"), ("added", "mail", "Type"),
    }  # fmt: skip


def test_a_row_with_another_key_keeps_its_other_cells():
    def table(key):
        return f"<table><tr><th>Field</th><th>Use</th></tr><tr><td>{key}</td><td>{LOGIN}</td></tr>"

    [change] = changes(table("created at") + "</table>", table("created on") + "</table>")
    assert change == ("changed", "created at", "created on")


def test_a_node_of_a_drawing_is_told_by_its_key():
    def drawing(*nodes):
        inside = "".join(f'<g data-anchor="{k}"><text>{text}</text></g>' for k, text in nodes)
        return f'<p>{LOGIN}</p><svg viewBox="0 0 9 9">{inside}</svg>'

    old, new = drawing(("n1", "Web"), ("n2", "Cache")), drawing(("n1", "Server"), ("n3", "Disk"))
    assert changes(old, new) == [
        ("changed", "Web", "Server"), ("removed", "Cache", None), ("added", None, "Disk"),
    ]  # fmt: skip


def test_a_block_that_went_to_another_section_is_told_in_both():
    old = document(a=A + f"<p>{LIMITS}</p>", b=B)
    left, got = compare(old, document(a=A, b=B + f"<p>{LIMITS}</p>"))
    assert left.state == got.state == "changed"
    assert blocks(left) == blocks(got) == [("moved", LIMITS, LIMITS)]
    [change] = got.changes
    assert (change.before.section, change.after.section) == ("a", "b")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a b", "a b", [("same", "a b")]),
        ("one two three", "one 2 three",
         [("same", "one "), ("removed", "two"), ("added", "2"), ("same", " three")]),
        ("keep old words", "keep new sounds",
         [("same", "keep "), ("removed", "old words"), ("added", "new sounds")]),
        ("end", "end.", [("same", "end"), ("added", ".")]),
        ("", "new", [("added", "new")]),
        ("<b>x</b>", "<b>y</b>",
         [("same", "<b>"), ("removed", "x"), ("added", "y"), ("same", "</b>")]),
    ],
)  # fmt: skip
def test_words(old, new, expected):
    assert list(reworded(old, new)) == expected


@settings(deadline=None)
@given(st.text("ab .,é漢\U0001f600", max_size=60), st.text("ab .,é漢\U0001f600", max_size=60))
def test_words_are_both_texts(old, new):
    found = reworded(old, new)
    assert "".join(text for op, text in found if op != "added") == old
    assert "".join(text for op, text in found if op != "removed") == new
    assert all(text for _, text in found)


TEXT = st.lists(st.sampled_from(["x", "y", "N/A", LOGIN, TOKENS, LIMITS]), max_size=5)
DOCUMENT = st.dictionaries(st.sampled_from("abcd"), TEXT, max_size=4)


@settings(deadline=None)
@given(DOCUMENT, DOCUMENT)
def test_nothing_is_lost_and_nothing_told_twice(old, new):
    old, new = (document(**{k: "".join(f"<p>{t}</p>" for t in texts) for k, texts in made.items()})
                for made in (old, new))  # fmt: skip
    found = compare(old, new)
    assert [s.part.anchor for s in found if s.state != "removed"] == [p.anchor for p in new]
    known = {s.was.anchor for s in found if s.was}
    assert known == {part.anchor for part in old}
    for side, parts in (("before", old), ("after", new)):
        held = [(b.section, b.key) for part in parts for b in part.blocks if not b.element]
        told = [getattr(change, side) for s in found for change in s.changes
                if change.state in ("added", "removed")]  # fmt: skip
        keys = [(block.section, block.key) for block in told if block]
        assert len(set(keys)) == len(keys) and set(keys) <= set(held)


def big(seed, sections=900):
    pick = random.Random(seed)
    vocabulary = [f"w{n}" for n in range(3_000)]
    return document(**{
        f"s{n}": "".join(f"<p>{' '.join(pick.choices(vocabulary, k=60))}</p>" for _ in range(4))
        for n in range(sections)
    })  # fmt: skip


def test_what_is_too_much_to_be_compared_block_by_block_is_told_as_wholes():
    old, new = big(1), big(2)
    assert too_much(*({part.anchor: part.blocks for part in side} for side in (old, new)))
    found = compare(old, new)
    assert {section.state for section in found} == {"changed"} and len(found) == 900


def test_words_of_very_much_changed_text_are_left_out_and_the_texts_are_not():
    pick = random.Random(3)
    text = " ".join(f"w{pick.randrange(900)}" for _ in range(4_000))
    old = document(**{f"s{n}": f"<p>{n} {text}</p>" for n in range(40)})
    new = document(**{f"s{n}": f"<p>{n} {text} end</p>" for n in range(40)})
    told = [change for section in compare(old, new) for change in section.changes]
    assert len(told) == 40 and all(change.after.text.endswith(" end") for change in told)
    assert told[0].words[-1] == ("added", " end") and told[-1].words == ()


def test_what_is_too_much_to_compare_went_and_came_as_a_whole():
    def block(section: str, key: int) -> Block:
        return Block(section, key, "p", "word " * 20)

    large = {"a": [block("a", 1)], "b": [block("b", n) for n in range(9)], "c": [block("c", 1)]}
    assert too_much(large, large, most=600) == {"b"}
    assert too_much(large, {}, most=10_000) == set()
