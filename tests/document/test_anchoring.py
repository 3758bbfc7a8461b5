"""Where a thread stands on the next version: words, cells, elements, nodes and edges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planpush.document.anchoring.placement import CONFIRM
from planpush.document.anchoring.reanchor import Placement, better, place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.diagrams import styles
from planpush.document.diagrams.shapes import Keys
from planpush.document.sections import build

TOKENS = "Each refresh replaces the token that it was made with, so a leak is detected."
KEYS = "The gateway verifies the signature with cached keys before it asks anybody."
STEPS = ["Install the agent on the first host.", "Install the agent on the other host."]
FILLER = [f"{word} stands alone, and nothing is like it here." for word in ("Alpha", "Beta")]
COLUMNS = ("Field", "Needed", "Since")
ROWS = (("id", "yes", "1"), ("user", "yes", "2"), ("hash", "no", "2"))


def blocks(*sections: str) -> list[Block]:
    """Return the blocks of a document whose sections are called s0, s1 and so on."""
    return [b for n, html in enumerate(sections) for b in build(f"s{n}", html).blocks]


def on(document: list[Block], quote: str = "", **where: object) -> Origin:
    return locate(document, 1, Place(quote=quote, **where))  # type: ignore[arg-type]


def placed(
    origin: Origin, old: list[Block], new: list[Block], renames: dict[str, str] | None = None
) -> Placement:
    return place_all({1: origin}, {1: old}, new, renames)[1]


def carry(old: str, new: str, quote: str) -> tuple[str, str]:
    """Return the state of a quote and what its place says in the new version."""
    before, after = blocks(old), blocks(new)
    block = next(b for b in before if quote in b.text and not b.element)
    start = block.text.index(quote)
    found = placed(locate(before, 1, Place("s0", block.key, quote, start=start)), before, after)
    return found.state, words_at(after, found)


def texts(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


@pytest.mark.parametrize(
    "new",
    [
        f"<p>  {TOKENS.replace(' ', chr(10))}  </p>",
        texts(TOKENS.replace("token", "<b>token</b>")),
        texts(TOKENS.replace("token that", "token<br>that")),
        texts(TOKENS.replace("refresh replaces", "refresh&nbsp;replaces")),
        f"<ul><li>{TOKENS}</li></ul>",
        f"<h3>New heading</h3><p>{TOKENS}</p>",
        texts("Something before.", TOKENS),
        texts(TOKENS + " And more."),
        texts("As before: " + TOKENS),
    ],
)
def test_changes_around_the_words_leave_them_exact(new):
    assert carry(texts(TOKENS), new, "token that it") == ("exact", "token that it")


HEADED = f"<section><h2>T</h2><p>a</p><h3>Keys</h3><p>{KEYS}</p></section>"
CARRIED = {
    "words changed": (texts(TOKENS), texts(TOKENS.replace("the token", "the old token")),
        "refresh replaces the token that", "edited", "refresh replaces the old token that"),
    "words are gone": (texts(TOKENS), texts(TOKENS.replace(", so a leak is detected", "")),
        "so a leak is detected", "outdated", "Each refresh replaces the token that it was made "
        "with."),
    "up to the heading": (HEADED, HEADED.replace(KEYS, "Other."), "cached keys", "outdated",
        "Keys"),
    "up to the section": (HEADED, "<section><h2>T</h2><p>a</p></section>", "cached keys",
        "outdated", "T"),
    "split, the end": (texts("x", f"{KEYS} {TOKENS}", "y"), texts("x", KEYS, TOKENS, "y"),
        "so a leak is detected", "exact moved", "so a leak is detected"),
    "split, the start": (texts("x", f"{KEYS} {TOKENS}", "y"), texts("x", KEYS, TOKENS, "y"),
        "with cached keys before it", "exact moved", "with cached keys before it"),
    "joined": (texts("x", KEYS, TOKENS, "y"), texts("x", f"{KEYS} {TOKENS}", "y"), TOKENS,
        "exact moved", TOKENS),
    "half of it stays": (texts("x", f"{KEYS} {TOKENS} {TOKENS[::-1]} {KEYS[::-1]}", "y"),
        texts("x", KEYS, "y"), "it asks", "exact", "it asks"),
    "a text alike": (texts("a", KEYS), texts("a", "Nothing but cached keys, written anew."),
        "cached keys", "outdated", None),
    "the other of two": (
        texts("Portland, OR, 5 hours ago. Then Portland, OR, 5 hours later.", "end"),
        texts("Portland, OR, two hours ago. Then Portland, OR, 5 hours later.", "end"),
        "Portland, OR, 5 hours", "edited", "Portland, OR, two hours"),
    "the other end": (
        texts(f"{TOKENS} Then call the webhook first. {KEYS} And a webhook last.", "end"),
        texts(f"{TOKENS} Now. {KEYS} And a webhook last. We call another webhook first aid.",
              "end"),
        "call the webhook first.", "outdated", None),
    "a pattern": (texts(*STEPS, *FILLER, KEYS),
        texts(STEPS[1], *FILLER, KEYS, "Install the agent on the third host."),
        "on the first host", "outdated", None),
    "the pattern's other": (texts(*STEPS, *FILLER, KEYS), texts(STEPS[1], *FILLER, KEYS),
        STEPS[1], "exact", STEPS[1]),
}  # fmt: skip


@pytest.mark.parametrize("name", CARRIED)
def test_what_becomes_of_words(name):
    old, new, quote, state, words = CARRIED[name]
    found, there = carry(old, new, quote)
    assert found in state.split()
    assert words in (None, there)


def test_words_in_another_section_moved():
    before = blocks(texts(TOKENS, "x"), texts(KEYS))
    after = blocks(texts("x"), texts(KEYS, TOKENS))
    found = placed(on(before, "a leak"), before, after)
    assert (found.state, found.section, words_at(after, found)) == ("moved", "s1", "a leak")


def test_nothing_left_is_orphaned():
    before, after = blocks(texts("a"), texts(KEYS)), blocks(texts("a"))
    found = placed(on(before, "cached keys"), before, after)
    assert (found.state, found.section, found.block) == ("orphaned", "", None)
    hostile = Origin(9, "text", ("x",), (), "b" * 9999, "p", "<b>", "", "", -5, 2**70, key=2**70)
    assert place_all({1: hostile}, {}, after)[1].state == "orphaned"


def test_duplicates_are_not_guessed():
    items = "<ul><li>a</li>{}<li>b</li></ul>"
    before = blocks(items.format("<li>same words in a row</li>" * 2))
    origin = locate(before, 1, Place("s0", 3, "same words in a row"))
    after = blocks(items.format("<li>same words in a row</li>"))
    assert placed(origin, before, after).state == "outdated"


def test_a_text_after_a_pattern_is_at_most_asked_about():
    before = blocks(texts(*STEPS, *FILLER, KEYS))
    after = blocks(texts(STEPS[1], *FILLER, KEYS, "Install the agent on the third host."))
    assert placed(on(before, STEPS[0]), before, after).reason == CONFIRM


def test_a_quote_that_repeats_goes_by_its_surroundings():
    old, new = "<p>red apple, green apple.</p>", "<p>So: red apple, then a green apple.</p>"
    before, after = blocks(old), blocks(new)
    found = placed(on(before, "apple", prefix="green "), before, after)
    assert found.state == "exact" and found.start == new.index("apple.") - len("<p>")


def test_marks_end_where_words_end():
    before = blocks(texts(f"It says that retries are limited to three each. {KEYS}", "end"))
    after = blocks(texts(f"It states retries were limited to thirty in each. {KEYS}", "end"))
    found = placed(on(before, "retries are limited to three"), before, after)
    words = words_at(after, found)
    assert found.state == "edited" and set(words.split()) <= set(after[1].text.split())


@pytest.mark.parametrize("quote", ["שלום לכולם", "世界和平", "👩‍💻 works", "e\u0301toile", "ก็ดี"])
def test_every_script_works(quote):
    before, after = (blocks(f"<p>{start}Before {quote} behind.</p>") for start in ("", "New. "))
    origin = on(before, quote)
    found = placed(origin, before, after)
    assert (found.state, words_at(after, found)) == ("exact", origin.exact)


def test_elements_go_by_key_then_by_label():
    card = '<div data-anchor="{}"><h3>{}</h3><p>{}</p></div>'
    before = blocks(card.format("gateway", "The gateway", KEYS))
    origin = on(before, anchor="gateway")
    for anchor, label, state in (
        ("gateway", "Edge", "exact"),
        ("edge", "The gateways", "moved"),
        ("other", "Something else", "outdated"),
    ):
        assert placed(origin, before, blocks(card.format(anchor, label, TOKENS))).state == state


def test_a_section_is_there_as_long_as_its_key_is():
    before = blocks("<h2>One</h2><p>a</p>", "<h2>Data model</h2><p>b</p>")
    origin = locate(before, 1, Place("s1"))
    renamed = [replace(b, section="data", anchors=("data",)) for b in before if b.section == "s1"]
    for after, renames, state in (
        (blocks("x", "<h2>Other</h2>"), None, "exact"),
        (renamed, {"s1": "data"}, "exact"),
        (renamed, None, "moved"),
        (blocks("<h2>One</h2>"), None, "orphaned"),
    ):
        assert placed(origin, before, after, renames).state == state
    whole = placed(Origin(1), before, [])
    assert (whole.state, whole.section, whole.block) == ("exact", "", None)


def test_the_better_way_is_taken():
    direct = Placement("outdated", 0.5, "s0", 1, None, None, "")
    chained = replace(direct, state="edited")
    assert better(direct, chained) is chained and better(chained, direct) is chained
    assert better(direct, replace(direct)) is direct


def section(rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...] = COLUMNS) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<h2>Data</h2><p>{KEYS}</p>{table}"


def cells(rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...] = COLUMNS) -> list[Block]:
    return list(build("data", section(rows, columns)).blocks)


def cell(
    before: list[Block], after: list[Block], quote: str, row: str, renames: object = None
) -> tuple[str, ...]:
    """Return what became of what a row says below "Needed": its state, and the cell it is on."""
    found = placed(on(before, quote, row=row, column="Needed"), before, after, renames)  # type: ignore[arg-type]
    block = next(b for b in after if (b.section, b.key) == (found.section, found.block))
    return found.state, block.row, block.column, block.text


WHOLE_OR_WORDS = pytest.mark.parametrize("quote", ["", "yes"])
BEFORE = cells(ROWS)


@WHOLE_OR_WORDS
def test_cells_survive_sorting_and_a_new_column(quote):
    wide = tuple((row[0], "new", *row[1:]) for row in reversed(ROWS))
    after = cells(wide, ("Field", "Why", *COLUMNS[1:]))
    for row in ("id", "user"):
        assert cell(BEFORE, after, quote, row) == ("exact", row, "Needed", "yes")


@WHOLE_OR_WORDS
def test_a_cell_of_a_deleted_row_is_on_no_other_cell(quote):
    other = '<p>x</p><table><tr><th scope="row">new</th><td>yes</td><td>1</td></tr></table>'
    for after in (cells(ROWS[1:]), cells((*ROWS[1:], ("new", "yes", "1")))):
        assert cell(BEFORE, after, quote, "id")[0] == "outdated"
        assert cell(BEFORE, after, quote, "user") == ("exact", "user", "Needed", "yes")
    after = list(build("data", section(ROWS[1:]) + other).blocks)
    assert cell(BEFORE, after, quote, "id")[0] == "outdated"


@WHOLE_OR_WORDS
def test_a_new_name_of_a_row_or_a_column_keeps_its_cells(quote):
    rows = (("id", "yes", "1", TOKENS), *((*row, "x") for row in ROWS[1:]))
    before = cells(rows, (*COLUMNS, "Why"))
    after = cells((("ident", *rows[0][1:]), *rows[1:]), (*COLUMNS, "Why"))
    assert cell(before, after, quote, "id") == ("exact", "ident", "Needed", "yes")
    long = tuple((name, f"{TOKENS} {name}", "1") for name in ("a", "b", "c"))
    found = cell(cells(long), cells(long, ("Field", "Reason", "Since")), "", "b")
    assert found[1:] == ("b", "Reason", f"{TOKENS} b")


@WHOLE_OR_WORDS
@pytest.mark.parametrize("told", [{}, {"data": "model"}, {"data": "gone"}])
def test_a_renamed_section_keeps_its_cells_in_a_new_order(quote, told):
    after = [*build("model", section(ROWS[::-1])).blocks, *build("else", "<h2>Else</h2>").blocks]
    state = "exact" if told.get("data") == "model" else "moved"
    assert cell(BEFORE, after, quote, "user", told) == (state, "user", "Needed", "yes")


def test_what_a_cell_says_may_change_altogether():
    after = cells((("id", "no", "1"), *ROWS[1:]))
    assert cell(BEFORE, after, "", "id")[0] == "edited"
    assert cell(BEFORE, after, "yes", "id") == ("outdated", "id", "Needed", "no")


def test_equal_rows_are_not_guessed():
    before = cells((("a", "yes", "1"), ("a", "yes", "1")))
    keys = [b.key for b in before if b.text == "yes"]
    origins = {key: locate(before, 1, Place("data", key)) for key in keys}
    assert all(p.state == "exact" for p in place_all(origins, {1: before}, before).values())
    found = place_all(origins, {1: before}, cells((("a", "yes", "1"),)))
    assert {placement.state for placement in found.values()} == {"outdated"}


NODES = {"web": "Web app", "gate": "Gateway", "store": "Token store"}
EDGES = [("web", "gate", "JWT: signed"), ("gate", "store", ""), ("gate", "web", "")]


def drawn(nodes: dict[str, str], edges: list[tuple[str, str, str]], first: int = 0) -> list[Block]:
    """Return the blocks of a drawing as the engine's parts are stored; `first` turns the order."""
    keys = Keys("way", set())
    parts = []
    for start, end, words in edges:
        name = f"{nodes[start]} → {nodes[end]}" + (f": {words}" if words else "")
        parts.append(styles.part(keys.edge(start, end), name, "", (0, 0)))
    parts += [styles.part(keys.node(name), said, "", (0, 0)) for name, said in nodes.items()]
    svg = f'<svg role="group" aria-label="Way">{"".join(parts[first:] + parts[:first])}</svg>'
    return list(build("way", f"<h2>Way</h2>{svg}").blocks)


DRAWN = drawn(NODES, EDGES)


def part(name: str) -> Origin:
    key = next(b.key for b in DRAWN if b.tag == "g" and b.text == name)
    return locate(DRAWN, 1, Place("way", key))


def redrawn(name: str, after: list[Block]) -> tuple[str, str]:
    found = placed(part(name), DRAWN, after)
    return found.state, words_at(after, found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Web app", "node"),
        ("Token store", "node"),
        ("Web app → Gateway: JWT: signed", "edge"),
        ("Gateway → Token store", "edge"),
    ],
)
def test_nodes_and_edges_go_by_their_names_in_any_layout(name, kind):
    origin = part(name)
    assert (origin.kind, origin.label) == (kind, name)
    by_anchor = locate(DRAWN, 1, Place(origin.anchors[0]))
    assert (by_anchor.kind, by_anchor.key) == (kind, origin.key)
    more = {"proxy": "Proxy", **dict(reversed(NODES.items())), "log": "Audit log"}
    edges = [("proxy", "web", ""), *EDGES[::-1], ("store", "log", "writes")]
    for turned in (0, 3):
        assert redrawn(name, drawn(more, edges, turned)) == ("exact", name)


def test_an_arrow_in_a_name_does_not_make_an_edge():
    after = drawn({"a": "In → out", "b": "Long" + "g" * 300, "c": "In"}, [("c", "b", "")])
    kinds = {b.text: locate(after, 1, Place("way", b.key)).kind for b in after if b.tag == "g"}
    assert kinds["In → out"] == kinds["In"] == "node"
    assert {kind for name, kind in kinds.items() if name.startswith("In → L")} == {"edge"}


def test_another_label_is_edited_and_a_part_that_goes_is_on_no_other():
    after = drawn({**NODES, "gate": "Edge gateway"}, EDGES[::-1])
    assert redrawn("Gateway", after) == ("edited", "Edge gateway")
    edge = ("edited", "Edge gateway → Token store")
    assert redrawn("Gateway → Token store", after) == edge
    after = drawn({name: NODES[name] for name in ("web", "gate")}, EDGES[:1])
    assert redrawn("Token store", after)[0] == redrawn("Gateway → Token store", after)[0]
    assert redrawn("Token store", after)[0] == "outdated"


def test_an_old_target_that_calls_a_part_an_element_is_placed_alike():
    old = Origin.from_dict({**part("Gateway").as_dict(), "kind": "element"})
    assert placed(old, DRAWN, drawn(NODES, EDGES[::-1])).state == "exact"
