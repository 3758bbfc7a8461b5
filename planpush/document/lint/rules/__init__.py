"""The linter's rules: standard library only.

The helper of the plugin carries a copy of this folder, byte for byte
(`python -m tests.plugin.test_vocabulary` renews it): both find the same, at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .codes import CODES, ERROR, WARNING, Code
from .nodes import Node
from .parts import PARTS, check_part
from .report import Flaw, Report
from .shape import HEADINGS, check_anchor, check_heading, check_roots, check_section
from .tags import TagRules
from .tree import Tree
from .words import Words, nearest

__all__ = [
    "CODES", "ERROR", "MAX_SECTION_BYTES", "WARNING", "Code", "Flaw", "Words", "check_page",
    "check_sections", "nearest",
]  # fmt: skip

MAX_SECTION_BYTES = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check_sections(sections: Sequence[tuple[str, str | None]], words: Words) -> list[list[Flaw]]:
    """Check `(anchor, html)` pairs; flaws of the anchor itself are on line 0.

    Without html, only the anchor is looked at.
    """
    found: list[list[Flaw]] = []
    names = Names({anchor for anchor, _ in sections})
    seen: set[str] = set()
    for anchor, html in sections:
        flaws = [] if html is None else _section(anchor, html, words, names)
        found.append([*_key(anchor, seen), *flaws])
        seen.add(anchor)
    return found


def check_page(html: str, anchors: Sequence[str], words: Words) -> list[Flaw]:
    """Check a whole page that is cut at the elements with these anchors."""
    report = Report(html)
    tree = _tree(report)
    if tree.broken:
        return report.flaws()
    if not tree.top.text:
        report.add("empty_section", 0)
    wanted = set(anchors)
    roots: set[int] = set()
    for node in tree.nodes:
        anchor = node.attributes.get("data-anchor", "")
        if anchor in wanted:
            wanted.discard(anchor)
            roots.add(node.at)
            check_anchor(report, anchor, node.at)
            check_section(report, node)
            _check_size(report, html[node.at : node.end], node.at)
    names = Names(set())
    _nodes(report, tree, words, names, roots)
    return report.flaws()


class Names:
    """The anchors and ids that are taken already."""

    def __init__(self, anchors: Collection[str]) -> None:
        self.anchors = set(anchors)
        self.ids: set[str] = set()


def _key(anchor: str, seen: Collection[str]) -> list[Flaw]:
    report = Report("")
    if not anchor:
        report.add("anchor_missing", 0)
    elif anchor in seen:
        report.add("duplicate_anchor", 0, anchor)
    else:
        check_anchor(report, anchor, 0)
    return [flaw._replace(line=0, column=0) for flaw in report.flaws()]


def _section(anchor: str, html: str, words: Words, names: Names) -> list[Flaw]:
    report = Report(html)
    if _check_size(report, html, 0):
        return report.flaws()
    tree = _tree(report)
    if tree.broken:
        return report.flaws()
    if tree.top.text:
        check_roots(report, anchor, tree)
    check_section(report, tree.top)
    _root(report, anchor, tree.nodes, names)
    _nodes(report, tree, words, names, set())
    return report.flaws()


def _check_size(report: Report, html: str, at: int) -> bool:
    size = len(html.encode("utf-8", "replace"))
    if size > MAX_SECTION_BYTES:
        report.add("section_too_large", at, f"{size:,}", f"{MAX_SECTION_BYTES:,}")
    return size > MAX_SECTION_BYTES


def _tree(report: Report) -> Tree:
    tree = Tree(report.html)
    odd = _CONTROL.search(report.html)
    if odd:
        report.add("control_character", odd.start(), f"{ord(odd[0]):04X}")
    for code, at, *words in tree.flaws:
        if code == "tag_misplaced":
            report.add(code, at, words[0], words[1], fix=words[2])
        else:
            report.add(code, at, *words)
    return tree


def _root(report: Report, anchor: str, nodes: Sequence[Node], names: Names) -> None:
    """Check that the first element carries the section's anchor, which is then no second one."""
    given = nodes[0].attributes.get("data-anchor") if nodes else None
    if given is None:
        return
    if given != anchor:
        names.anchors.add(given)
        report.add("anchor_mismatch", nodes[0].at, given, anchor)
    nodes[0].attributes = {**nodes[0].attributes, "data-anchor": ""}


def _nodes(report: Report, tree: Tree, words: Words, names: Names, roots: Collection[int]) -> None:
    tags = TagRules(report, words)
    level = 0
    for node in tree.nodes:  # there are many: no call without need
        if node.at in roots:
            level = 0
        if node.name in HEADINGS:
            level = check_heading(report, node, level)
        if node.attributes or node.name not in tags.good:
            tags.check(node)
            _names(report, node, names, roots)
        if node.classes or node.name in PARTS:
            check_part(report, node)


def _names(report: Report, node: Node, names: Names, roots: Collection[int]) -> None:
    name = node.attributes.get("id")
    if name:
        if name in names.ids:
            report.add("duplicate_id", node.at, name)
        names.ids.add(name)
    anchor = node.attributes.get("data-anchor")
    if anchor:
        if anchor in names.anchors:
            report.add("duplicate_anchor", node.at, anchor)
        elif node.at not in roots:
            check_anchor(report, anchor, node.at)
        names.anchors.add(anchor)
