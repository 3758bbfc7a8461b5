from __future__ import annotations

import random
from dataclasses import replace

import pytest

from planpush.document.anchoring.reanchor import Placement, better, place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sections import build

TOKENS = "Each refresh replaces the token that it was made with, so a leak is detected."
KEYS = "The gateway verifies the signature with cached keys before it asks anybody."
ROWS = [("id", "uuid", "yes"), ("user", "bigint", "yes"), ("hash", "bytea", "no")]


def blocks(*sections: str) -> list[Block]:
    """Return the blocks of a document whose sections are called s0, s1 and so on."""
    return [b for n, html in enumerate(sections) for b in build(f"s{n}", html).blocks]


def on(document: list[Block], quote: str, **where: object) -> Origin:
    return locate(document, 1, Place(quote=quote, **where))  # type: ignore[arg-type]


def placed(
    origin: Origin, old: list[Block], new: list[Block], renames: dict[str, str] | None = None
) -> Placement:
    return place_all({1: origin}, {1: old}, new, renames)[1]


def carry(old: str, new: str, quote: str) -> tuple[str, str]:
    """Return the state of a quote and what its place says in the new version."""
    before, after = blocks(old), blocks(new)
    found = placed(on(before, quote), before, after)
    return found.state, words_at(after, found)


@pytest.mark.parametrize(
    "new",
    [
        f"<p>  {TOKENS.replace(' ', chr(10))}  </p>",
        f"<p>{TOKENS.replace('token', '<b>token</b>')}</p>",
        f"<p>{TOKENS.replace('token that', 'token<br>that')}</p>",
        f"<p>{TOKENS.replace('refresh replaces', 'refresh&nbsp;replaces')}</p>",
        f"<ul><li>{TOKENS}</li></ul>",
        f"<h3>New heading</h3><p>{TOKENS}</p>",
        f"<p>Something before.</p><p>{TOKENS}</p>",
        f"<p>{TOKENS} And more.</p>",
        f"<p>As before: {TOKENS}</p>",
    ],
)
def test_changes_around_the_words_leave_them_exact(new):
    assert carry(f"<p>{TOKENS}</p>", new, "token that it") == ("exact", "token that it")


def test_words_in_another_place_moved():
    old, new = f"<h3>A</h3><p>{TOKENS}</p><h3>B</h3><p>{KEYS}</p>", f"<p>{KEYS}</p><p>{TOKENS}</p>"
    assert carry(old, new, "so a leak is detected")[0] in ("exact", "moved")
    before = blocks(f"<p>{TOKENS}</p><p>x</p>", f"<p>{KEYS}</p>")
    after = blocks("<p>x</p>", f"<p>{KEYS}</p><p>{TOKENS}</p>")
    found = placed(on(before, "a leak"), before, after)
    assert (found.state, found.section, words_at(after, found)) == ("moved", "s1", "a leak")


def test_words_that_changed_are_edited():
    new = f"<p>{TOKENS.replace('replaces the token', 'replaces the old token')}</p>"
    state, words = carry(f"<p>{TOKENS}</p>", new, "refresh replaces the token that")
    assert (state, words) == ("edited", "refresh replaces the old token that")


def test_words_that_are_gone_are_outdated_at_their_block():
    new = f"<p>{TOKENS.replace(', so a leak is detected', '')}</p>"
    state, words = carry(f"<p>{TOKENS}</p>", new, "so a leak is detected")
    assert state == "outdated" and words.startswith("Each refresh")


def test_a_gone_block_climbs_to_heading_then_section():
    old = f"<section><h2>T</h2><p>a</p><h3>Keys</h3><p>{KEYS}</p></section>"
    kept = "<section><h2>T</h2><p>a</p><h3>Keys</h3><p>Other.</p></section>"
    assert carry(old, kept, "cached keys") == ("outdated", "Keys")
    assert carry(old, "<section><h2>T</h2><p>a</p></section>", "cached keys") == ("outdated", "T")


def test_nothing_left_is_orphaned():
    before, after = blocks("<p>a</p>", f"<p>{KEYS}</p>"), blocks("<p>a</p>")
    found = placed(on(before, "cached keys"), before, after)
    assert (found.state, found.section, found.block) == ("orphaned", "", None)


@pytest.mark.parametrize("quote", ["so a leak is detected", "with cached keys before it"])
def test_a_split_paragraph_gives_up_its_words(quote):
    state, words = carry(f"<p>{KEYS} {TOKENS}</p>", f"<p>{KEYS}</p><p>{TOKENS}</p>", quote)
    assert state in ("exact", "moved") and words == quote


def test_gone_text_is_not_placed_on_its_likes():
    old, new = f"<p>a</p><p>{KEYS}</p>", "<p>a</p><p>Nothing but cached keys, written anew.</p>"
    assert carry(old, new, "cached keys")[0] == "outdated"


def test_duplicates_are_not_guessed():
    old = "<ul><li>a</li><li>same words in a row</li><li>same words in a row</li><li>b</li></ul>"
    before = blocks(old)
    origin = locate(before, 1, Place("s0", 3, "same words in a row"))
    after = blocks("<ul><li>a</li><li>same words in a row</li><li>b</li></ul>")
    assert placed(origin, before, after).state == "outdated"


def test_a_quote_that_repeats_goes_by_its_surroundings():
    old, new = "<p>red apple, green apple.</p>", "<p>So: red apple, then a green apple.</p>"
    before, after = blocks(old), blocks(new)
    found = placed(on(before, "apple", prefix="green "), before, after)
    assert found.state == "exact" and found.start == new.index("apple.") - len("<p>")


def table(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@pytest.mark.parametrize("quote", ["", "yes"])
def test_cells_survive_sorting_and_a_new_column(quote):
    columns = ("Column", "Type", "Key")
    before = blocks(table(ROWS, columns))
    wide = [(row[0], "new", *row[1:]) for row in reversed(ROWS)]
    after = blocks(table(wide, ("Column", "Since", "Type", "Key")))
    for row in ("id", "user"):
        found = placed(on(before, quote, row=row, column="Key"), before, after)
        cell = next(b for b in after if (b.key, b.section) == (found.block, found.section))
        assert (found.state, cell.row, cell.column, cell.text) == ("exact", row, "Key", "yes")


def test_a_cell_whose_words_changed_is_edited():
    columns = ("Column", "Type", "Key")
    before, after = blocks(table(ROWS, columns)), blocks(table([("id", "text", "no")], columns))
    origin = on(before, "", row="id", column="Type")
    assert placed(origin, before, after).state == "edited"
    assert placed(on(before, "", row="hash", column="Type"), before, after).state == "outdated"


def test_elements_go_by_key_then_by_label():
    card = '<div data-anchor="{}"><h3>{}</h3><p>{}</p></div>'
    before = blocks(card.format("gateway", "The gateway", KEYS))
    origin = on(before, "", anchor="gateway")
    for anchor, label, state in (
        ("gateway", "Edge", "exact"),
        ("edge", "The gateways", "moved"),
        ("other", "Something else", "outdated"),
    ):
        assert placed(origin, before, blocks(card.format(anchor, label, TOKENS))).state == state


def test_a_section_is_there_as_long_as_its_key_is():
    before = blocks("<h2>One</h2><p>a</p>", "<h2>Data model</h2><p>b</p>")
    origin = locate(before, 1, Place("s1"))
    assert placed(origin, before, blocks("x", "<h2>Other</h2>")).state == "exact"
    renamed = [replace(b, section="data", anchors=("data",)) for b in before if b.section == "s1"]
    assert placed(origin, before, renamed, {"s1": "data"}).state == "exact"
    assert placed(origin, before, renamed).state == "moved"
    assert placed(origin, before, blocks("<h2>One</h2>")).state == "orphaned"


def test_the_document_is_always_there():
    found = placed(Origin(1), blocks("<p>a</p>"), [])
    assert (found.state, found.section, found.block) == ("exact", "", None)


def test_gone_in_the_next_and_back_after_it_is_exact():
    before, without = blocks(f"<p>{TOKENS}</p><p>{KEYS}</p>"), blocks(f"<p>{KEYS}</p>")
    origin = on(before, "a leak is detected")
    assert placed(origin, before, without).state == "outdated"
    assert placed(origin, before, before).state == "exact"


def test_the_better_way_is_taken():
    direct = Placement("outdated", 0.5, "s0", 1, None, None, "")
    chained = replace(direct, state="edited")
    assert better(direct, chained) is chained and better(chained, direct) is chained
    assert better(direct, replace(direct)) is direct


def test_an_origin_from_nowhere_is_orphaned():
    after = blocks("<p>a</p>")
    hostile = Origin(9, "text", ("x",), (), "b" * 9999, "p", "<b>", "", "", -5, 2**70, key=2**70)
    assert place_all({1: hostile}, {}, after)[1].state == "orphaned"


@pytest.mark.parametrize("quote", ["שלום לכולם", "世界和平", "👩‍💻 works", "e\u0301toile", "ก็ดี"])
def test_every_script_works(quote):
    old = f"<p>Before {quote} behind.</p>"
    state, words = carry(old, f"<p>New start. Before {quote} behind.</p>", quote)
    assert state == "exact" and words.split() == [*on(blocks(old), quote).exact.split()]


def test_200_threads_on_850_blocks_are_placed():
    chance = random.Random(1)
    words = [f"word{n}" for n in range(3000)]
    texts = [" ".join(chance.choices(words, k=40)) for _ in range(850)]
    before = blocks("".join(f"<p>{text}</p>" for text in texts))
    kept = [text.replace("1", "2") if chance.random() < 0.1 else text for text in texts]
    after = blocks("".join(f"<p>{text}</p>" for text in kept if chance.random() > 0.05))
    origins = {n: locate(before, 1, Place("s0", 4 * n + 1, texts[4 * n][:30])) for n in range(200)}
    found = place_all(origins, {1: before}, after)
    assert sum(placement.state == "exact" for placement in found.values()) > 150
