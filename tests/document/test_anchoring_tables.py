"""Cells stay what they are: by row and column first, whatever else says the same."""

from __future__ import annotations

import pytest

from planpush.document.anchoring.reanchor import Placement, place_all, words_at
from planpush.document.anchoring.target import Place, locate
from planpush.document.blocks import Block
from planpush.document.sections import build

COLUMNS = ("Field", "Needed", "Since")
ROWS = (("id", "yes", "1"), ("user", "yes", "2"), ("hash", "no", "2"))
LATER = "The table below is what the service stores about each of its tokens."


def section(rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...] = COLUMNS) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<h2>Data</h2><p>{LATER}</p>{table}"


def blocks(html: str, key: str = "data") -> list[Block]:
    return list(build(key, html).blocks)


BEFORE = blocks(section(ROWS))


def place(after: list[Block], row: str, column: str, quote: str = "") -> Placement:
    origin = locate(BEFORE, 1, Place("data", row=row, column=column, quote=quote))
    return place_all({1: origin}, {1: BEFORE}, after)[1]


def cell_at(after: list[Block], found: Placement) -> tuple[str, str, str]:
    block = next(b for b in after if (b.section, b.key) == (found.section, found.block))
    return block.row, block.column, block.text


@pytest.mark.parametrize("quote", ["", "yes"])
def test_a_cell_of_a_deleted_row_is_on_no_other_cell(quote):
    other = '<p>x</p><table><tr><th scope="row">new</th><td>yes</td><td>1</td></tr></table>'
    for after in (blocks(section(ROWS[1:])), blocks(section((*ROWS[1:], ("new", "yes", "1"))))):
        assert place(after, "id", "Needed", quote).state == "outdated"
        assert place(after, "user", "Needed", quote).state == "exact"
    after = blocks(section(ROWS[1:]) + other)
    assert place(after, "id", "Needed", quote).state == "outdated"


@pytest.mark.parametrize("quote", ["", "yes"])
def test_a_new_name_of_a_row_or_a_column_keeps_its_cells(quote):
    rows = (("ident", "yes", "1", LATER), *((*row, "x") for row in ROWS[1:]))
    before = blocks(section((("id", *rows[0][1:]), *rows[1:]), (*COLUMNS, "Why")))
    origin = locate(before, 1, Place("data", row="id", column="Needed", quote=quote))
    after = blocks(section(rows, (*COLUMNS, "Why")))
    found = place_all({1: origin}, {1: before}, after)[1]
    assert (found.state, cell_at(after, found)) == ("exact", ("ident", "Needed", "yes"))
    long = [(name, f"{LATER} {name}", "1") for name in ("a", "b", "c")]
    before = blocks(section(tuple(long), COLUMNS))
    after = blocks(section(tuple(long), ("Field", "Reason", "Since")))
    origin = locate(before, 1, Place("data", row="b", column="Needed"))
    found = place_all({1: origin}, {1: before}, after)[1]
    assert cell_at(after, found) == ("b", "Reason", f"{LATER} b")


@pytest.mark.parametrize("quote", ["", "yes"])
@pytest.mark.parametrize("told", [{}, {"data": "model"}, {"data": "gone"}])
def test_a_renamed_section_keeps_its_cells_in_a_new_order(quote, told):
    after = blocks(section(ROWS[::-1]), "model") + blocks("<h2>Else</h2><p>Other.</p>", "else")
    origin = locate(BEFORE, 1, Place("data", row="user", column="Needed", quote=quote))
    found = place_all({1: origin}, {1: BEFORE}, after, told)[1]
    assert cell_at(after, found) == ("user", "Needed", "yes")
    assert found.state == ("exact" if told.get("data") == "model" else "moved")


def test_what_a_cell_says_may_change_altogether():
    after = blocks(section((("id", "no", "1"), *ROWS[1:])))
    assert place(after, "id", "Needed").state == "edited"
    found = place(after, "id", "Needed", "yes")
    assert (found.state, words_at(after, found)) == ("outdated", "no")


def test_equal_rows_are_not_guessed():
    before = blocks(section((("a", "yes", "1"), ("a", "yes", "1"))))
    keys = [b.key for b in before if b.text == "yes"]
    origins = {key: locate(before, 1, Place("data", key)) for key in keys}
    assert all(p.state == "exact" for p in place_all(origins, {1: before}, before).values())
    found = place_all(origins, {1: before}, blocks(section((("a", "yes", "1"),))))
    assert {placement.state for placement in found.values()} == {"outdated"}
