"""Rules about components: tables, drawings, flows and tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planpush.document.html.elements import ROW_GROUPS, words
from planpush.document.lint.report import Report
from planpush.document.lint.tree import Node

PARTS = words("table svg")  # those without a class
_PLACE = re.compile(r"[cer][0-9]{1,2}")
_LONGEST_SPAN = 1_000


def check_part(report: Report, node: Node) -> None:
    """Check one element as the component that it is."""
    if node.name == "table":
        check_table(report, node)
    elif node.name == "svg":
        check_svg(report, node)
    elif node.classes:
        if "pp-flow" in node.classes:
            check_flow(report, node)
        elif "pp-tabs" in node.classes:
            check_tabs(report, node)


def check_table(report: Report, table: Node) -> None:
    """A table has header cells, and rows of as many cells."""
    rows = list(rows_of(table))
    cells = [cell for row in rows for cell in row.children]
    if not any(cell.name == "th" for cell in cells):
        report.add("table_without_headers", table.at)
    if any("rowspan" in cell.attributes for cell in cells):
        return
    sizes = [sum(map(span, row.children)) for row in rows]
    for row, size in zip(rows, sizes, strict=True):
        if size != sizes[0]:
            report.add("table_ragged", row.at, size, sizes[0])
            return


def rows_of(table: Node) -> Iterator[Node]:
    """Yield the rows of a table, not those of tables inside of it."""
    for child in table.children:
        if child.name == "tr":
            yield child
        elif child.name in ROW_GROUPS:
            yield from (row for row in child.children if row.name == "tr")


def span(cell: Node) -> int:
    """Return over how many columns a cell goes."""
    given = cell.attributes.get("colspan", "")
    return min(int(given), _LONGEST_SPAN) if re.fullmatch("[0-9]{1,4}", given, re.ASCII) else 1


def check_svg(report: Report, svg: Node) -> None:
    """A drawing has a name, or is hidden from those who cannot see it."""
    parent = svg.parent
    while parent is not None:
        if parent.name == "svg" or parent.attributes.get("aria-hidden") == "true":
            return
        parent = parent.parent
    given = svg.attributes
    named = (given.get("aria-label") or given.get("aria-labelledby") or "").strip()
    if given.get("aria-hidden") != "true" and not (named and given.get("role")):
        report.add("svg_without_name", svg.at)


def check_flow(report: Report, flow: Node) -> None:
    """Boxes and arrows stand on the grid, each alone, and arrows say what passes.

    Branches leave the grid: several may start in one cell.
    """
    taken: set[tuple[str, str]] = set()
    for child in flow.children:
        branch = "pp-elbow" in child.classes
        if (branch or "pp-edge" in child.classes) and not child.text:
            report.add("edge_without_label", child.at)
        places = [word for word in child.classes if _PLACE.fullmatch(word)]
        column = next((word for word in places if word[0] != "r"), "")
        row = next((word for word in places if word[0] == "r"), "")
        if not column or not row:
            report.add("flow_unplaced", child.at)
        elif (column, row) in taken and not branch:
            report.add("flow_overlap", child.at, column, row)
        elif not branch:
            taken.add((column, row))


def check_tabs(report: Report, tabs: Node) -> None:
    """Tabs have as many panels as radios and labels."""
    names = [child.name for child in tabs.children]
    radios, labels = names.count("input"), names.count("label")
    panels = len(names) - radios - labels
    if radios and not radios == labels == panels:
        report.add("tabs_unequal", tabs.at, radios, labels, panels)
