"""The linter: findings about a document, each with line and column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from planpush.document import secret_scanner
from planpush.document.diagrams import draw
from planpush.document.findings import is_error
from planpush.document.html.elements import HEADINGS
from planpush.document.lint.components import PARTS, check_part
from planpush.document.lint.report import Report
from planpush.document.lint.sections import (
    check_anchor,
    check_heading,
    check_roots,
    check_section,
)
from planpush.document.lint.tags import TagRules
from planpush.document.lint.tree import Node, Tree
from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.document.sanitizer.attributes import CONTROLS
from planpush.document.sections import cut, finish
from planpush.errors import Finding, InvalidDocument, TooLarge

MAX_SECTION_BYTES = 1024 * 1024
Findings = list[Finding]


def review(
    sections: Sequence[tuple[str, str | None]], *, allow_secrets: bool = False
) -> tuple[Findings, Findings]:
    """Tell all that a push of these sections would be told; those without html are not read."""
    found: Findings = []
    readable: list[tuple[str, str | None]] = []
    budget, allowance = limits.MAX_ELEMENTS, draw.Allowance()
    for number, (anchor, html) in enumerate(sections):
        costs, elements = _costs(anchor, html or "", budget, allowance)
        budget -= elements
        told = [*costs, *([] if allow_secrets else secret_scanner.scan(html or ""))]
        found += _placed(told, f"sections[{number}].html")
        readable.append((anchor, html if _readable(costs) else None))
    errors, warnings = _divided(found)
    more = lint(readable)
    return [*errors, *more[0]], [*warnings, *more[1]]


def review_page(
    html: str, field: str = "", *, allow_secrets: bool = False
) -> tuple[Findings, Findings, list[str]]:
    """Check a whole page as it is pushed, in its own lines; return its sections' anchors too."""
    found = [] if allow_secrets else secret_scanner.scan(html)
    costs, _ = _costs("", html, limits.MAX_ELEMENTS, draw.Allowance())
    anchors: list[str] = []
    flaws: Sequence[Finding] = ()
    if _readable(costs):
        try:
            pieces = cut(html)
            anchors = [piece.anchor for piece in pieces.pieces]
            flaws = [*pieces.warnings, *_check_page(html, anchors, field)]
        except InvalidDocument as problem:
            flaws = problem.errors
    errors, warnings = _divided(_placed([*costs, *flaws, *found], field))
    return errors, warnings, anchors


def lint(sections: Sequence[tuple[str, str | None]]) -> tuple[Findings, Findings]:
    """Apply the rules to `(anchor, html)` pairs; return errors and warnings.

    The html has passed `limits.check`. Without html, only the anchor is looked at. Findings about
    an anchor have no line.
    """
    found: Findings = []
    names = _Names({anchor for anchor, _ in sections})
    seen: set[str] = set()
    for number, (anchor, html) in enumerate(sections):
        found += _check_key(anchor, seen, f"sections[{number}].anchor")
        if html is not None:
            found += _check_section(anchor, html, names).findings(f"sections[{number}].html")
        seen.add(anchor)
    return _divided(found)


def check_size(texts: Iterable[str | None], largest: int) -> None:
    """Raise `TooLarge` as a push does, before anything is read."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if text)
    if size > largest:
        raise TooLarge(f"The document has {size:,} bytes; this server takes {largest:,}.")


class _Names:
    """The anchors and ids that are taken already."""

    def __init__(self, anchors: Collection[str]) -> None:
        self.anchors = set(anchors)
        self.ids: set[str] = set()


def _check_key(anchor: str, seen: Collection[str], field: str) -> Findings:
    report = Report("")
    if not anchor:
        report.add("anchor_missing", 0)
    elif anchor in seen:
        report.add("duplicate_anchor", 0, anchor)
    else:
        check_anchor(report, anchor, 0)
    return [replace(finding, line=0, column=0) for finding in report.findings(field)]


def _check_section(anchor: str, html: str, names: _Names) -> Report:
    report = Report(html)
    if _is_too_large(report, html, 0):
        return report
    tree = _read(report)
    if tree.top.text:
        check_roots(report, anchor, tree)
    check_section(report, tree.top)
    _check_root(report, anchor, tree.nodes, names)
    _check_nodes(report, tree, names, set())
    return report


def _check_page(html: str, anchors: Sequence[str], field: str) -> Findings:
    """Check a whole page that is cut at the elements with these anchors."""
    report = Report(html)
    tree = _read(report)
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
            _is_too_large(report, html[node.at : node.end], node.at)
    _check_nodes(report, tree, _Names(set()), roots)
    return report.findings(field)


def _is_too_large(report: Report, html: str, at: int) -> bool:
    size = len(html.encode("utf-8", "replace"))
    if size > MAX_SECTION_BYTES:
        report.add("section_too_large", at, f"{size:,}", f"{MAX_SECTION_BYTES:,}")
    return size > MAX_SECTION_BYTES


def _read(report: Report) -> Tree:
    if odd := CONTROLS.search(report.html):
        report.add("control_character", odd.start(), f"{ord(odd[0]):04X}")
    return Tree(report)


def _check_root(report: Report, anchor: str, nodes: Sequence[Node], names: _Names) -> None:
    """Check that the first element carries the section's anchor, which is then no second one."""
    given = nodes[0].attributes.get("data-anchor") if nodes else None
    if given is None:
        return
    if given != anchor:
        names.anchors.add(given)
        report.add("anchor_mismatch", nodes[0].at, given, anchor)
    nodes[0].attributes = {**nodes[0].attributes, "data-anchor": ""}


def _check_nodes(report: Report, tree: Tree, names: _Names, roots: Collection[int]) -> None:
    tags = TagRules(report)
    level = 0
    for node in tree.nodes:  # there are many: no call without need
        if node.at in roots:
            level = 0
        if node.name in HEADINGS:
            level = check_heading(report, node, level)
        if node.attributes or node.name not in tags.good:
            tags.check(node)
            _check_names(report, node, names, roots)
        if node.classes or node.name in PARTS:
            check_part(report, node)


def _check_names(report: Report, node: Node, names: _Names, roots: Collection[int]) -> None:
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


def _readable(costs: Iterable[Finding]) -> bool:
    """Tell whether the rules may read the text; a drawing that fails does not stop them."""
    return not any(is_error(one) and not one.code.startswith("diagram_") for one in costs)


def _divided(found: Iterable[Finding]) -> tuple[Findings, Findings]:
    errors: Findings = []
    warnings: Findings = []
    for one in found:
        (errors if is_error(one) else warnings).append(one)
    return errors, warnings


def _placed(found: Iterable[Finding], field: str) -> Findings:
    return [replace(one, field=field) for one in found]


def _costs(
    anchor: str, html: str, budget: int, allowance: draw.Allowance
) -> tuple[Sequence[Finding], int]:
    """Return what stands against parsing and drawing, and how many elements there are."""
    elements = 0
    try:
        elements = limits.check(html, max_elements=max(budget, 0))
        few = anchor or html.count("pp-diagram") <= draw.MOST  # so many only a page may have
        if not few:
            svg.settle(sanitizer.clean(html))
            return [], elements
        _, elements, doubts = finish(anchor or "page", html, elements, budget, allowance)
    except InvalidDocument as problem:
        return problem.errors, elements
    return doubts, elements
