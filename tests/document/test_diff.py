"""What changed between two documents: blocks, sections, words, and what an open page lacks."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.anchoring.duplicates import told_apart
from planpush.document.blocks import Block
from planpush.document.diff import comparison
from planpush.document.diff.alignment import common
from planpush.document.diff.blocks import map_blocks
from planpush.document.diff.comparison import Part, compare, too_much
from planpush.document.diff.update import Increment, increment
from planpush.document.diff.words import reworded
from planpush.document.sections import build

LAW = settings(deadline=None, max_examples=50)
LOGIN = "A person signs in with a password that is never stored in clear text."
TOKENS = "Tokens live for one hour and are renewed without asking anybody again."
LIMITS = "Ten wrong passwords lock an account for fifteen minutes, and that is told."


def para(text: str, key: int = 1, section: str = "s", heading: str = "H") -> Block:
    return Block(section, key, "p", text, (section,), (heading,))


def root(section: str = "s") -> Block:
    return Block(section, 0, "section", "H", (section,), ("H",), element=True)


def column(texts: list[str], section: str = "s") -> list[Block]:
    return [root(section), *(para(text, key, section) for key, text in enumerate(texts, 1))]


def relations(old: list[str], new: list[str]) -> list[tuple[str, int]]:
    """Return relation and target of each text; the places do not count the root."""
    found = map_blocks(column(old), column(new))
    targets = [target - 1 if target > 0 else target for target in found.targets]
    return list(zip(found.relations, targets, strict=True))[1:]


FILLER = [f"filler {n} word{n} word{n + 9}" for n in range(9)]


@pytest.mark.parametrize(
    ("old", "new", "at", "relation"),
    [
        ([*"abc"], [*"axbc"], 1, ("same", 2)),
        (["a", LOGIN, "c"], ["a", LOGIN + " Ever.", "c"], 1, ("edited", 1)),
        ([LOGIN, TOKENS, "c"], [TOKENS, "c", LOGIN], 0, ("moved", 2)),
        ([LOGIN, *FILLER], [*FILLER, LOGIN + " now"], 0, ("rewritten", 9)),
        (["a", LOGIN, "c"], ["a", TOKENS, "c"], 1, ("gone", -1)),
        # which of two equals went is not guessed
        (["top", "x", "x", "end"], ["top", "x", "end"], 1, ("unsure", -1)),
        (["top", "x", "x", "end"], ["top", "x", "end"], 2, ("unsure", -1)),
        (["top", "x", "x", "x", "end"], ["top", "x", "x", "end"], 2, ("unsure", -1)),
    ],
)
def test_where_a_block_went(old, new, at, relation):
    assert relations(old, new)[at] == relation


def test_equals_are_told_apart_by_their_neighbours():
    old = column(["intro", LOGIN, "x", "middle", TOKENS, "x", "end"])
    assert list(told_apart(old, column(["intro", LOGIN, "x", "other"]), [3, 6], [3])) == [(3, 3)]
    assert list(told_apart(old, column(["intro", LOGIN, "x", "end"]), [3, 6], [3])) == []


def test_a_new_name_of_a_heading_or_a_section_moves_nothing():
    old, new = ([root(), para(LOGIN, 1, heading=h), para("x", 2, heading=h)] for h in "AB")
    assert map_blocks(old, new).relations == ["same"] * 3
    found = map_blocks(column(["a", "b"], "old"), column(["a", "b"], "new"), {"old": "new"})
    assert found.relations == ["same"] * 3
    found = map_blocks(column(["a", LOGIN], "old"), column(["a", LOGIN], "new"))
    assert found.relations[1:] == ["moved"] * 2


def test_cells_go_by_row_and_column():
    def cells(rows: str, columns: str) -> list[Block]:
        where = [(row, name) for row in rows for name in columns]
        made = (
            Block("s", key, "td", "yes", ("s",), (), row, name)
            for key, (row, name) in enumerate(where, 1)
        )
        return [root(), *made]

    old, new = cells("abc", "xy"), cells("cab", "xny")
    found = map_blocks(old, new)
    assert {*found.relations} == {"same"}
    for block, target in zip(old, found.targets, strict=True):
        assert (new[target].row, new[target].column) == (block.row, block.column)


def test_an_element_goes_by_its_key():
    one, two = Block("s", 1, "li", LOGIN, ("d1", "s")), Block("s", 2, "li", TOKENS, ("d2", "s"))
    found = map_blocks([root(), one, two], [root(), replace(two, text=TOKENS + "!"), one])
    assert (found.targets, found.relations) == ([0, 2, 1], ["same", "same", "edited"])


TEXTS = st.lists(st.sampled_from(["a", "b", "c", LOGIN, TOKENS, "x y z"]), max_size=12)


@LAW
@given(TEXTS, TEXTS)
def test_a_document_maps_to_itself_and_no_new_block_is_taken_twice(old, new):
    found = map_blocks(column(old), column(old))
    assert found.targets == list(range(len(old) + 1)) and {*found.relations} == {"same"}
    taken = [target for _, target in relations(old, new) if target >= 0]
    assert len(taken) == len(set(taken))


@LAW
@given(st.lists(st.integers(0, 6), max_size=30), st.lists(st.integers(0, 6), max_size=30))
def test_an_alignment_rises_and_pairs_equals(a, b):
    pairs = common(a, b)
    assert all(a[x] == b[y] for x, y in pairs)
    assert all(p[0] < q[0] and p[1] < q[1] for p, q in pairwise(pairs))


def document(**sections: str) -> list[Part]:
    made = {anchor.replace("_", "-"): body for anchor, body in sections.items()}
    return [
        Part(anchor, built.title, f"{anchor} {body}", built.blocks)
        for anchor, body in made.items()
        for built in [build(anchor, f'<section data-anchor="{anchor}">{body}</section>')]
    ]


def blocks(section: Any) -> list[tuple[str, str | None, str | None]]:
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
        ({"a": A, "b": B, "c": C}, "a same, b same, c same"),
        ({"a": A, "b": B}, "a same, b same, c removed"),
        ({"b": B, "c": C}, "a removed, b same, c same"),
        ({"c": C, "a": A, "b": B}, "c moved 1, a same, b same"),
        ({"a": A, "x": B, "c": C}, "a same, x renamed, c same"),
        ({"a": A, "b": B + "<p>New.</p>", "c": C}, "a same, b changed, c same"),
        ({"c": C + "<p>New.</p>", "a": A, "b": B}, "c changed 1, a same, b same"),
        ({"a": A, "n": "<h2>N</h2><p>All new here.</p>", "b": B, "c": C},
         "a same, n added, b same, c same"),
        ({"c": C, "b": B, "x": A}, "c moved 1, b moved 1, x renamed"),
        ({"a": A, "x": B, "y": B, "c": C}, "a same, b removed, x added, y added, c same"),
    ],
)  # fmt: skip
def test_sections(new, expected):
    found = compare(document(a=A, b=B, c=C), document(**new))
    told = (f"{one.part.anchor} {one.state} {int(one.moved) or ''}".strip() for one in found)
    assert ", ".join(told) == expected


def test_a_renamed_section_says_what_it_was_called():
    [_, section] = compare(document(a=A, b=B), document(a=A, sessions=B.replace("B", "Sessions")))
    assert (section.was.anchor, section.was.title, section.state) == ("b", "B", "changed")
    assert blocks(section) == [("removed", "B", None), ("added", None, "Sessions")]


def table(*rows: tuple[str, str]) -> str:
    cells = "".join(f"<tr><td>{key}</td><td>{kind}</td></tr>" for key, kind in rows)
    return f"<table><tr><th>Field</th><th>Type</th></tr>{cells}</table>"


def drawing(*nodes: tuple[str, str]) -> str:
    inside = "".join(f'<g data-anchor="{k}"><text>{text}</text></g>' for k, text in nodes)
    return f'<p>{LOGIN}</p><svg viewBox="0 0 9 9">{inside}</svg>'


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
        (table(("created at", LOGIN)), table(("created on", LOGIN)),
         [("changed", "created at", "created on")]),
        (drawing(("n1", "Web"), ("n2", "Cache")), drawing(("n1", "Server"), ("n3", "Disk")),
         [("changed", "Web", "Server"), ("removed", "Cache", None), ("added", None, "Disk")]),
    ],
)  # fmt: skip
def test_blocks(old, new, expected):
    [section] = compare(document(a=old), document(a=new))
    assert blocks(section) == expected


def test_cells_go_by_the_key_of_their_row():
    old = table(("id", "int"), ("name", "text"), ("age", "int"))
    new = table(("age", "int"), ("id", "uuid"), ("mail", "text"))
    [section] = compare(document(a=old), document(a=new))
    cells = ((c.state, c.after or c.before) for c in section.changes)
    assert {(state, cell.row, cell.column) for state, cell in cells} == {
        ("changed", "id", "Type"),
        ("removed", "name", "Field"), ("removed", "name", "Type"),
        ("added", "mail", "Field"), ("added", "mail", "Type"),
    }  # fmt: skip


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
        ("a b", "a b", "=a b"),
        ("one two three", "one 2 three", "=one |-two|+2|= three"),
        ("keep old words", "keep new sounds", "=keep |-old words|+new sounds"),
        ("end", "end.", "=end|+."),
        ("", "new", "+new"),
        ("<b>x</b>", "<b>y</b>", "=<b>|-x|+y|=</b>"),
    ],
)
def test_words(old, new, expected):
    signs = {"same": "=", "removed": "-", "added": "+"}
    assert "|".join(signs[op] + text for op, text in reworded(old, new)) == expected


@LAW
@given(st.text("ab .,é漢\U0001f600", max_size=60), st.text("ab .,é漢\U0001f600", max_size=60))
def test_words_are_both_texts(old, new):
    found = reworded(old, new)
    assert "".join(text for op, text in found if op != "added") == old
    assert "".join(text for op, text in found if op != "removed") == new
    assert all(text for _, text in found)


TEXT = st.lists(st.sampled_from(["x", "y", "N/A", LOGIN, TOKENS, LIMITS]), max_size=5)
DOCUMENT = st.dictionaries(st.sampled_from("abcd"), TEXT, max_size=4)


@LAW
@given(DOCUMENT, DOCUMENT)
def test_nothing_is_lost_and_nothing_told_twice(old, new):
    old, new = (document(**{k: "".join(f"<p>{t}</p>" for t in texts) for k, texts in made.items()})
                for made in (old, new))  # fmt: skip
    found = compare(old, new)
    assert [s.part.anchor for s in found if s.state != "removed"] == [p.anchor for p in new]
    assert {s.was.anchor for s in found if s.was} == {part.anchor for part in old}
    for side, parts in (("before", old), ("after", new)):
        held = [(b.section, b.key) for part in parts for b in part.blocks if not b.element]
        told = [getattr(change, side) for s in found for change in s.changes
                if change.state in ("added", "removed")]  # fmt: skip
        keys = [(block.section, block.key) for block in told if block]
        assert len(set(keys)) == len(keys) and set(keys) <= set(held)


def test_what_is_too_much_to_be_compared_block_by_block_is_told_as_wholes():
    large = {"a": [para("word " * 20)], "b": column(["word " * 20] * 9), "c": [para("word " * 20)]}
    assert too_much(large, large, most=600) == {"b"}
    assert too_much(large, {}, most=10_000) == set()
    old, new = (document(a=f"<p>{word * 400_000}</p>") for word in ("abc ", "xyz "))
    [section] = compare(old, new)
    assert [change.state for change in section.changes] == ["removed", "added"]


def test_words_of_very_much_changed_text_are_left_out_and_the_texts_are_not(monkeypatch):
    monkeypatch.setattr(comparison, "_COMPARED", 3_000)
    pick = random.Random(3)
    text = " ".join(f"w{pick.randrange(900)}" for _ in range(100))
    old = document(**{f"s{n}": f"<p>{n} {text}</p>" for n in range(9)})
    new = document(**{f"s{n}": f"<p>{n} {text} end</p>" for n in range(9)})
    told = [change for section in compare(old, new) for change in section.changes]
    assert len(told) == 9 and all(change.after.text.endswith(" end") for change in told)
    assert told[0].words[-1] == ("added", " end") and told[-1].words == ()


def applied(old: dict[str, int], new: dict[str, int], found: Increment) -> list[tuple[str, int]]:
    """What a page that shows `old` shows after the steps, taken in any order."""
    page = [(anchor, old[anchor]) for anchor in old if anchor not in found.gone]
    for step in reversed(found.steps):
        brought = [(anchor, new[anchor]) for anchor in step.anchors]
        at = next((i for i, (anchor, _) in enumerate(page) if anchor == step.at), -1)
        if step.how == "replace":
            page[at : at + 1] = brought
        else:
            page[at + 1 : at + 1] = brought
    return page


@pytest.mark.parametrize(
    ("before", "after", "changed", "brought"),
    [
        ("ab", "ab", "", ""),
        ("abc", "abc", "b", "b"),
        ("abc", "ac", "", ""),
        ("ac", "abc", "", "b"),
        ("abcd", "dabc", "", "d"),
        ("abcd", "bcda", "", "a"),
        ("abc", "xyz", "", "xyz"),
        ("", "ab", "", "ab"),
    ],
)
def test_a_page_is_brought_only_what_it_lacks(before, after, changed, brought):
    found = increment(dict.fromkeys(before, 1), {a: 1 + (a in changed) for a in after})
    assert found.brought == tuple(brought)


@LAW
@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True),
       st.sets(st.integers(0, 9)))  # fmt: skip
def test_the_steps_of_an_update_lead_to_the_new_version(before, after, changed):
    old = {f"s{n}": 1 for n in before}
    new = {f"s{n}": 2 if n in changed else 1 for n in after}
    found = increment(old, new)
    assert applied(old, new, found) == list(new.items())
    assert set(found.kept) | set(found.brought) == set(new)
    assert not set(found.kept) & set(found.brought)
    assert set(found.kept) <= {anchor for anchor in new if old.get(anchor) == new[anchor]}
    assert all(step.at in old or not step.at for step in found.steps)
