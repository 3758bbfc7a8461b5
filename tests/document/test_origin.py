from __future__ import annotations

import json

import pytest

from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.sections import build
from planpush.errors import Problem

FLOW = (
    '<section data-anchor="flow"><h2>Flow</h2><p>The gateway checks the token. A token is signed.'
    '</p><ul><li data-anchor="gate"><b>Gateway</b>verifies</li></ul></section>'
)
DATA = (
    '<section data-anchor="data"><h2>Data</h2><p>שלום 世界 👩‍💻 e\u0301nd</p>'
    "<table><thead><tr><th>Call</th><th>Note</th></tr></thead><tbody>"
    "<tr><td>a</td><td>yes</td></tr><tr><td>b</td><td>yes</td></tr></tbody></table></section>"
)
BLOCKS = (*build("flow", FLOW).blocks, *build("data", DATA).blocks)


def refused(place: Place) -> str:
    with pytest.raises(Problem) as caught:
        locate(BLOCKS, 1, place)
    assert caught.value.status in (400, 422)
    (finding,) = caught.value.errors
    assert finding.message and finding.fix
    return finding.field


def test_no_place_is_the_whole_document():
    assert locate(BLOCKS, 3, Place()) == Origin(3, "document")


def test_an_anchor_is_the_section():
    origin = locate(BLOCKS, 1, Place("flow"))
    assert (origin.kind, origin.section, origin.key, origin.label) == ("element", "flow", 0, "Flow")


def test_a_nested_anchor_is_its_element():
    origin = locate(BLOCKS, 1, Place("gate"))
    assert (origin.kind, origin.section, origin.block_tag) == ("element", "flow", "li")
    assert origin.anchors == ("gate", "flow")


def test_a_quote_in_a_block_keeps_its_surroundings():
    origin = locate(BLOCKS, 1, Place("flow", 2, "checks", start=12, end=18))
    assert (origin.kind, origin.exact, origin.start, origin.end) == ("text", "checks", 12, 18)
    assert origin.prefix == "The gateway " and origin.suffix == " the token. A token is signed."
    assert origin.headings == ("Flow",)


def test_a_quote_alone_is_found():
    origin = locate(BLOCKS, 1, Place("flow", quote="  gateway\n checks "))
    assert (origin.key, origin.start, origin.end) == (2, 4, 18)
    assert locate(BLOCKS, 1, Place(quote="is signed")).section == "flow"


def test_context_tells_equals_apart():
    origin = locate(BLOCKS, 1, Place("flow", quote="token", prefix="signed. A ", suffix=" is"))
    assert origin.start == 32
    assert refused(Place("flow", quote="token")) == "quote"
    assert refused(Place("flow", 2, "token")) == "quote"
    assert locate(BLOCKS, 1, Place("flow", 2, "token", start=23)).start == 23


def test_a_quote_over_blocks_is_its_first_part():
    origin = locate(BLOCKS, 1, Place("flow", quote="is signed. Gateway"))
    assert (origin.key, origin.exact) == (2, "is signed.")


def test_spaces_that_only_a_screen_shows_do_not_count():
    origin = locate(BLOCKS, 1, Place("flow", quote="Gateway verifies"))
    assert origin.exact == "Gatewayverifies"


@pytest.mark.parametrize("quote", ["世界", "שלום", "👩‍💻", "énd", "e\u0301nd"])
def test_offsets_are_code_points(quote):
    origin = locate(BLOCKS, 1, Place("data", quote=quote))
    start, end = origin.start, origin.end
    assert start is not None and end is not None
    assert origin.block_text[start:end] == origin.exact
    again = Place("data", origin.key, quote, start=start, end=end)
    assert locate(BLOCKS, 1, again) == origin


def test_row_and_column_are_a_cell():
    origin = locate(BLOCKS, 1, Place("data", row="b", column="Note"))
    assert (origin.kind, origin.row, origin.column, origin.block_text) == (
        "cell",
        "b",
        "Note",
        "yes",
    )
    assert origin.exact == ""
    quoted = locate(BLOCKS, 1, Place("data", row="b", column="Note", quote="yes"))
    assert (quoted.kind, quoted.exact, quoted.key) == ("text", "yes", origin.key)


def test_a_block_without_a_quote_is_that_block():
    assert locate(BLOCKS, 1, Place("flow", 2)).kind == "element"
    assert locate(BLOCKS, 1, Place("flow", 0)).label == "Flow"


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (Place("nowhere"), "anchor"),
        (Place("<script>alert(1)</script>"), "anchor"),
        (Place("flow", 99), "block"),
        (Place("flow", -1), "block"),
        (Place(block=2), "anchor"),
        (Place("flow", 2, "not there"), "quote"),
        (Place("flow", quote="not there"), "quote"),
        (Place("flow", 2, "checks", start=-5), "start"),
        (Place("flow", 2, "checks", start=2**70), "start"),
        (Place("flow", 2, "checks", end=2**70), "end"),
        (Place("flow", 2, "checks", start=11, end=18), "start"),
        (Place("flow", 2, start=1, end=5), "quote"),
        (Place("flow", start=1, end=5), "block"),
        (Place("flow", quote="x" * 100_000), "quote"),
        (Place("flow", quote="checks", prefix="x" * 100_000), "prefix"),
        (Place("data", row="nope", column="Note"), "row"),
        (Place("data", row="b" * 100_000, column="Note"), "row"),
        (Place("data", column="Note"), "row"),
    ],
)
def test_a_place_that_is_not_there_names_the_field(place, field):
    assert refused(place) == field


def test_an_empty_document_has_only_itself():
    assert locate((), 1, Place()).kind == "document"
    with pytest.raises(Problem):
        locate((), 1, Place(quote="x"))


def test_json_keeps_everything():
    origin = locate(BLOCKS, 1, Place("data", quote="👩‍💻"))
    assert Origin.from_dict(json.loads(json.dumps(origin.as_dict()))) == origin


def test_context_reaches_into_the_neighbouring_blocks() -> None:
    html = "<h2>A</h2><p>First</p><p>None.</p><p>Second</p><p>None.</p>"
    blocks = build("a", html).blocks
    found = locate(blocks, 1, Place(quote="None.", prefix="Second\n"))
    assert found.key == blocks[-1].key
