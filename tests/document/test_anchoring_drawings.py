"""Nodes and edges: what they are called as places, and that a new layout moves nothing."""

from __future__ import annotations

import pytest

from planpush.document.anchoring.reanchor import Placement, place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.diagrams import styles
from planpush.document.diagrams.shapes import Keys
from planpush.document.sections import build

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


BEFORE = drawn(NODES, EDGES)


def on(name: str) -> Origin:
    key = next(b.key for b in BEFORE if b.tag == "g" and b.text == name)
    return locate(BEFORE, 1, Place("way", key))


def place(name: str, after: list[Block]) -> Placement:
    return place_all({1: on(name)}, {1: BEFORE}, after)[1]


PARTS = [
    ("Web app", "node"),
    ("Token store", "node"),
    ("Web app → Gateway: JWT: signed", "edge"),
    ("Gateway → Token store", "edge"),
]


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_parts_are_nodes_and_edges_whichever_way_they_are_named(name, kind):
    origin = on(name)
    assert (origin.kind, origin.label) == (kind, name)
    by_anchor = locate(BEFORE, 1, Place(origin.anchors[0]))
    assert (by_anchor.kind, by_anchor.key) == (kind, origin.key)


def test_an_arrow_in_a_name_does_not_make_an_edge():
    after = drawn({"a": "In → out", "b": "Long" + "g" * 300, "c": "In"}, [("c", "b", "")])
    kinds = {b.text: locate(after, 1, Place("way", b.key)).kind for b in after if b.tag == "g"}
    assert kinds["In → out"] == kinds["In"] == "node"
    assert {kind for name, kind in kinds.items() if name.startswith("In → L")} == {"edge"}


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_a_new_layout_with_more_parts_moves_nothing(name, kind):
    more = {"proxy": "Proxy", **dict(reversed(NODES.items())), "log": "Audit log"}
    edges = [("proxy", "web", ""), *EDGES[::-1], ("store", "log", "writes")]
    for turned in (0, 3):
        after = drawn(more, edges, turned)
        found = place(name, after)
        assert (found.state, words_at(after, found)) == ("exact", name)


def test_another_label_of_the_same_name_is_edited():
    after = drawn({**NODES, "gate": "Edge gateway"}, EDGES[::-1])
    for name, now in (
        ("Gateway", "Edge gateway"),
        ("Gateway → Token store", "Edge gateway → Token store"),
    ):
        found = place(name, after)
        assert (found.state, words_at(after, found)) == ("edited", now)


def test_an_old_origin_that_calls_a_part_an_element_is_placed_alike():
    old = Origin.from_dict({**on("Gateway").as_dict(), "kind": "element"})
    assert place_all({1: old}, {1: BEFORE}, drawn(NODES, EDGES[::-1]))[1].state == "exact"


def test_a_part_that_goes_is_on_no_other():
    after = drawn({name: NODES[name] for name in ("web", "gate")}, EDGES[:1])
    assert place("Token store", after).state == "outdated"
    assert place("Gateway → Token store", after).state == "outdated"
