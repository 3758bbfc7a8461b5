from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worst_documents import COLUMNS, prose
from planpush.document.anchoring.duplicates import told_apart
from planpush.document.blocks import Block
from planpush.document.diff.alignment import common
from planpush.document.diff.blocks import map_blocks
from tests.steps import LINEAR, growth

WORDS = [f"word{n}" for n in range(900)]


def para(text: str, key: int = 1, section: str = "s", heading: str = "H", tag: str = "p") -> Block:
    return Block(section, key, tag, text, (section,), (heading,))


def root(section: str = "s") -> Block:
    return Block(section, 0, "section", "H", (section,), ("H",), element=True)


def column(texts: list[str], section: str = "s") -> list[Block]:
    return [root(section), *(para(text, key, section) for key, text in enumerate(texts, 1))]


def relations(old: list[str], new: list[str]) -> list[tuple[str, int]]:
    """Return relation and target of each text; the places do not count the root."""
    found = map_blocks(column(old), column(new))
    targets = [target - 1 if target > 0 else target for target in found.targets]
    return list(zip(found.relations, targets, strict=True))[1:]


LONG = "The gateway verifies the signature with its cached keys"
OTHER = "Every refresh replaces the token that it was made with"


def test_unchanged_blocks_are_the_same():
    assert relations(["a", "b", "c"], ["a", "x", "b", "c"]) == [
        ("same", 0),
        ("same", 2),
        ("same", 3),
    ]


def test_an_edited_block_keeps_its_place():
    assert relations(["a", LONG, "c"], ["a", LONG + " for ten minutes", "c"])[1] == ("edited", 1)


def test_a_block_that_went_elsewhere_moved():
    assert relations([LONG, OTHER, "c"], [OTHER, "c", LONG])[0] == ("moved", 2)


def test_moved_and_edited_is_rewritten():
    filler = [f"filler {n} {WORDS[n]} {WORDS[n + 9]}" for n in range(9)]
    assert relations([LONG, *filler], [*filler, LONG + " now"])[0] == ("rewritten", 9)


def test_different_text_is_gone():
    assert relations(["a", LONG, "c"], ["a", OTHER, "c"])[1] == ("gone", -1)


def test_equals_are_never_guessed():
    found = relations(["top", "x", "x", "end"], ["top", "x", "end"])
    assert found[1:-1] == [("unsure", -1)] * 2
    found = relations(["top", "x", "x", "x", "end"], ["top", "x", "x", "end"])
    assert found[2] == ("unsure", -1)


def test_equals_are_told_apart_by_their_neighbours():
    old = column(["intro", LONG, "x", "middle", OTHER, "x", "end"])
    assert list(told_apart(old, column(["intro", LONG, "x", "other"]), [3, 6], [3])) == [(3, 3)]
    assert list(told_apart(old, column(["intro", LONG, "x", "end"]), [3, 6], [3])) == []


def test_a_renamed_heading_moves_nothing():
    old = [root(), para(LONG, 1, heading="Rollout"), para("x", 2, heading="Rollout")]
    new = [root(), para(LONG, 1, heading="Delivery"), para("x", 2, heading="Delivery")]
    assert map_blocks(old, new).relations == ["same"] * 3


def test_a_renamed_section_moves_nothing():
    found = map_blocks(column(["a", "b"], "old"), column(["a", "b"], "new"), {"old": "new"})
    assert found.relations == ["same"] * 3
    found = map_blocks(column(["a", LONG], "old"), column(["a", LONG], "new"))
    assert found.relations[1:] == ["moved"] * 2


def cells(rows: list[str], columns: list[str]) -> list[Block]:
    where = [(row, name) for row in rows for name in columns]
    made = (
        Block("s", key, "td", "yes", ("s",), (), row, name)
        for key, (row, name) in enumerate(where, 1)
    )
    return [root(), *made]


def test_cells_go_by_row_and_column():
    old, new = cells(["a", "b", "c"], ["x", "y"]), cells(["c", "a", "b"], ["x", "new", "y"])
    found = map_blocks(old, new)
    for i, block in enumerate(old):
        target = new[found.targets[i]]
        assert found.relations[i] == "same"
        assert (target.row, target.column) == (block.row, block.column)


def test_an_element_goes_by_its_key():
    one, two = Block("s", 1, "li", LONG, ("d1", "s")), Block("s", 2, "li", OTHER, ("d2", "s"))
    found = map_blocks([root(), one, two], [root(), replace(two, text=OTHER + "!"), one])
    assert (found.targets, found.relations) == ([0, 2, 1], ["same", "same", "edited"])


TEXTS = st.lists(st.sampled_from(["a", "b", "c", LONG, OTHER, "x y z"]), max_size=12)


@settings(deadline=None)
@given(TEXTS)
def test_a_document_maps_to_itself(texts):
    blocks = column(texts)
    found = map_blocks(blocks, blocks)
    assert found.targets == list(range(len(blocks)))
    assert set(found.relations) <= {"same"}


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_no_new_block_is_taken_twice(old, new):
    taken = [target for _, target in relations(old, new) if target >= 0]
    assert len(taken) == len(set(taken))


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=30), st.lists(st.integers(0, 6), max_size=30))
def test_an_alignment_rises_and_pairs_equals(a, b):
    pairs = common(a, b)
    assert all(a[x] == b[y] for x, y in pairs)
    assert all(p[0] < q[0] and p[1] < q[1] for p, q in pairwise(pairs))


@pytest.mark.long
@pytest.mark.parametrize("name", COLUMNS)
def test_hostile_documents_map_in_linear_work(name):
    def work(sides):
        found = map_blocks(*sides)
        assert len(found.targets) == len(sides[0])

    assert growth(work, 2_000, lambda n: [*map(column, COLUMNS[name](n))]) < LINEAR


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_mapping_does_not_depend_on_hash_order(chance):
    old = prose(40, 10, 5, 900)
    new = [text + " " + chance.choice(WORDS) for text in old if chance.random() > 0.2]
    chance.shuffle(new)
    assert relations(old, new) == relations(old, new)
    for i, (relation, j) in enumerate(relations(old, new)):
        assert relation == "gone" or new[j].startswith(old[i])
