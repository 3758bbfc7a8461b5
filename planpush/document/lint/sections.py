"""Rules about a whole section: root element, heading and length."""

from __future__ import annotations

import re

from planpush.document.html.elements import HEADINGS, words
from planpush.document.lint.report import Report
from planpush.document.lint.tree import ROOTS, Node, Tree
from planpush.document.sanitizer.attributes import SLUG

MOST_WORDS = 3_000
MOST_PROSE = 150
_PICTURES = words("img svg hr input")
_SHOWN = words("table svg img pre ul ol dl figure details blockquote button input hr")
_PLAIN = words("pp-section pp-h pp-block")
_POSITIONAL = re.compile(r"(?:section|part|chapter|step|block|item|page|topic)?-?[0-9]{1,9}")


def check_roots(report: Report, anchor: str, tree: Tree) -> None:
    """A section is one element, and begins with it."""
    roots = [node for node in tree.top.children if node.name not in ROOTS]
    first = roots[0] if roots else None
    loose = tree.loose
    if first is None or (loose is not None and loose < first.at):
        report.add("missing_root", loose or 0, anchor)
    elif not first.attributes.get("data-anchor"):
        report.add("missing_root", first.at, anchor)
    elif len(roots) > 1:
        report.add("several_roots", roots[1].at, roots[1].name)
    elif loose is not None:
        report.add("several_roots", loose, "#text", fix="Move the text into the section.")


def check_section(report: Report, section: Node) -> None:
    """A section says something, under a heading, shows something, and is not too long."""
    nodes = list(below(section))
    if not section.text:
        report.add("empty_section", section.at)
        return
    heading = next((node for node in nodes if node.name in HEADINGS), None)
    if heading is None:
        report.add("heading_missing", section.at)
    elif not says_more(section, nodes):
        report.add("heading_only", section.at)
    if section.size > MOST_WORDS:
        report.add("section_too_long", section.at, f"{section.size:,}", f"{MOST_WORDS:,}")
    elif section.size >= MOST_PROSE and not any(map(is_shown, nodes)):
        report.add("prose_only", section.at, section.size)


def below(node: Node) -> list[Node]:
    """Return an element and all that it holds."""
    found, at = [node], 0
    while at < len(found):
        found += found[at].children
        at += 1
    return found


def says_more(section: Node, nodes: list[Node]) -> bool:
    """Tell whether there is anything besides headings."""
    headings = sum(node.size for node in nodes if node.name in HEADINGS)
    if section.size > headings:
        return True
    return any(node.name in _PICTURES or (node.name == "pre" and node.text) for node in nodes)


def is_shown(node: Node) -> bool:
    """Tell whether an element is more than prose."""
    if node.name in _SHOWN:
        return True
    return any(word[:3] == "pp-" and word not in _PLAIN for word in node.classes)


def check_heading(report: Report, node: Node, level: int) -> int:
    """Headings go down one level at a time; return the level that holds now."""
    mine = int(node.name[1])
    if level and mine > level + 1:
        report.add("heading_order", node.at, mine, level, level + 1)
    return mine


def check_anchor(report: Report, name: str, at: int) -> None:
    """An anchor is a few topic words."""
    if not SLUG.fullmatch(name):
        report.add("anchor_malformed", at, name)
    elif _POSITIONAL.fullmatch(name):
        report.add("positional_anchor", at, name)
