"""Cutting a whole HTML document into sections: at `data-anchor`, or else at its headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from planpush.content.blocks import normalise
from planpush.content.checks.report import place
from planpush.content.elements import words
from planpush.content.names import LONGEST, Names, kebab
from planpush.content.problem import Finding, InvalidDocument

_WRAPPERS = words("body main div section article header footer aside")
_INVISIBLE = words("-comment head link meta script style template title")
_PICTURES = "img, svg, hr, input, table"
MOST_SECTIONS = 500
_MAINS = 100
_NO_ANCHORS = Finding(
    "no_anchors",
    "No element directly under body or main has a `data-anchor`: cut at the headings.",
    'Wrap each topic in <section class="pp-section" data-anchor="topic">.',
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One section to be: its anchor and its markup, not yet sanitised."""

    anchor: str
    html: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in pieces, in their order."""

    title: str
    pieces: tuple[Piece, ...]
    warnings: tuple[Finding, ...] = ()


def cut(html: str) -> Cut:
    """Cut `html` into sections; what stands outside of them is `intro`, or joins the one before.

    Raises InvalidDocument for an anchor used twice and for too many sections. The caller has run
    `limits.check`.
    """
    tree = LexborHTMLParser(html)
    if (body := tree.body) is None:
        return Cut("", ())
    title = _title(tree)
    if path := _anchored_path(body):
        return Cut(title, _at_anchors(html, body, path))
    pieces = _at_headings(body)
    return Cut(title, pieces, (_NO_ANCHORS,) if pieces else ())


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("h1") or tree.css_first("title")
    return normalise(node.text())[:200] if node is not None else ""


def _anchored_path(body: LexborNode) -> set[int]:
    """The elements whose children are cut: body and main, or the one wrapper of all anchors."""
    parents = [body, *body.css("main")[:_MAINS]]
    if any(_anchor(child) for parent in parents for child in parent.iter()):
        return _chain(parents)
    outermost = _outermost(body)
    wrappers = {_parent(node).mem_id: _parent(node) for node in outermost}
    if len(wrappers) == 1 and all(node.tag in _WRAPPERS for node in outermost):
        return _chain(wrappers.values())
    return set()


def _outermost(body: LexborNode) -> list[LexborNode]:
    """Return the elements with an anchor that stand in no other such element."""
    found, inside = [], set()
    for node in body.traverse():
        parent = node.parent
        if parent is not None and parent.mem_id in inside:
            inside.add(node.mem_id)
        elif _anchor(node):
            inside.add(node.mem_id)
            found.append(node)
    return found


def _chain(nodes: Iterable[LexborNode]) -> set[int]:
    """The nodes and their ancestors, unless something other than a wrapper is among them."""
    path: set[int] = set()
    for node in nodes:
        ancestors = list(_ancestors(node))
        if all(n.tag in _WRAPPERS and not _anchor(n) for n in [node, *ancestors]):
            path.update(n.mem_id for n in [node, *ancestors])
    return path


def _at_anchors(html: str, body: LexborNode, path: set[int]) -> tuple[Piece, ...]:
    pieces: list[tuple[str, list[LexborNode]]] = []
    known: set[str] = set()
    for node in _flow(body, path):
        if anchor := _anchor(node):
            if anchor in known:
                raise _duplicate(html, anchor)
            known.add(anchor)
            _add(pieces, anchor, node)
        else:
            _join(pieces, node, lambda: Names(_anchors(body)).unused("intro"))
    return tuple(_anchored_piece(anchor, nodes) for anchor, nodes in pieces)


def _anchored_piece(anchor: str, nodes: list[LexborNode]) -> Piece:
    first, *rest = nodes
    if _anchor(first) != anchor:
        return _section(anchor, nodes)
    if not rest:
        return Piece(anchor, first.html or "")
    if first.tag not in _WRAPPERS:  # a paragraph or a table cannot take in what follows it
        del first.attrs["data-anchor"]
        return _section(anchor, nodes)
    markup, closing, _ = (first.html or "").rpartition("</")
    tail = "".join(node.html or "" for node in rest)
    return Piece(anchor, f"{markup}{tail}{closing}{first.tag}>")


def _at_headings(body: LexborNode) -> tuple[Piece, ...]:
    headings = body.css("h2") or body.css("h1")
    holds = _held(body, headings)
    path = _heading_path(body, holds, min(2, len(headings)))
    names = Names(_anchors(body))
    pieces: list[tuple[str, list[LexborNode]]] = []
    for node in _flow(body, path):
        if holds[node.mem_id]:
            heading = node if node.tag in ("h1", "h2") else node.css_first(headings[0].tag or "h2")
            words = normalise(heading.text(separator=" ")) if heading is not None else ""
            wanted = kebab(words) or f"section-{len(pieces) + 1}"
            _add(pieces, names.unused(wanted), node)
        else:
            _join(pieces, node, lambda: names.unused("intro"))
    return tuple(_section(anchor, nodes) for anchor, nodes in pieces)


def _held(body: LexborNode, headings: list[LexborNode]) -> Counter[int]:
    """Return how many headings each element is or holds."""
    holds = Counter(heading.mem_id for heading in headings)
    if headings:
        for node in reversed(list(body.traverse())):
            parent = node.parent
            if parent is not None and holds[node.mem_id]:
                holds[parent.mem_id] += holds[node.mem_id]
    return holds


def _heading_path(body: LexborNode, holds: Counter[int], least: int) -> set[int]:
    """Every wrapper above all headings, and below that each that holds several."""
    path = {body.mem_id}
    for node in body.traverse() if least else ():
        if node.tag in _WRAPPERS and holds[node.mem_id] >= least:
            parent = node.parent
            if parent is not None and parent.mem_id in path:
                path.add(node.mem_id)
    return path


def _flow(node: LexborNode, path: set[int]) -> Iterator[LexborNode]:
    for child in node.iter(include_text=True):
        if child.mem_id in path:
            yield from _flow(child, path)
        elif child.tag not in _INVISIBLE:
            yield child


def _add(pieces: list[tuple[str, list[LexborNode]]], anchor: str, node: LexborNode) -> None:
    if len(pieces) == MOST_SECTIONS:
        raise _too_many()
    pieces.append((anchor, [node]))


def _join(
    pieces: list[tuple[str, list[LexborNode]]], node: LexborNode, name: Callable[[], str]
) -> None:
    if pieces:
        pieces[-1][1].append(node)
    elif _visible(node):
        pieces.append((name(), [node]))


def _visible(node: LexborNode) -> bool:
    if node.tag == "-text":
        return bool((node.text() or "").strip())
    return bool(node.text().strip()) or bool(node.css(_PICTURES))


def _section(anchor: str, nodes: list[LexborNode]) -> Piece:
    inner = "".join(node.html or "" for node in nodes)
    opening = f'<section class="pp-section" data-anchor="{escape(anchor)}">'
    return Piece(anchor, f"{opening}{inner}</section>")


def _anchor(node: LexborNode) -> str:
    return (node.attributes.get("data-anchor") or "") if node.is_element_node else ""


def _anchors(body: LexborNode) -> set[str]:
    return {_anchor(node) for node in body.css("[data-anchor]")}


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    while node.tag != "body" and (parent := node.parent) is not None:
        yield parent
        node = parent


def _parent(node: LexborNode) -> LexborNode:
    return next(_ancestors(node))


def _duplicate(html: str, anchor: str) -> InvalidDocument:
    places = list(re.finditer(rf"data-anchor\s*=\s*[\"']?{re.escape(anchor)}(?=[\"'\s>])", html))
    at = places[1].start() if len(places) > 1 else 0
    line, column = place(html, at)
    message = f"The anchor “{anchor[:LONGEST]}” is used twice."
    finding = Finding("duplicate_anchor", message, "Rename one of them.", "", line, column)
    return InvalidDocument(message, [finding])


def _too_many() -> InvalidDocument:
    message = f"The document has more than {MOST_SECTIONS:,} sections."
    finding = Finding("too_many_sections", message, "Wrap topics, not lines, in sections.")
    return InvalidDocument(message, [finding])
