"""The linter: findings about a pushed document, with line and column.

Nearly every section that is pushed has nothing to mend. A few searches over its text show that,
in a tenth of the time in which the linter makes a tree of it. Where they find anything odd, or
anything that only a tree can judge, nothing is told, and the linter reads the section itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import unescape
from itertools import pairwise

from planpush.document import secret_scanner
from planpush.document.diagrams import draw
from planpush.document.lint.rules import (
    CODES,
    ERROR,
    MAX_SECTION_BYTES,
    Flaw,
    Words,
    check_page,
    check_sections,
)
from planpush.document.lint.rules.nodes import Node
from planpush.document.lint.rules.report import Report
from planpush.document.lint.rules.shape import MOST_PROSE, MOST_WORDS, check_anchor
from planpush.document.lint.rules.tags import TagRules
from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.document.sanitizer.attributes import strip_controls
from planpush.document.sections import cut, finish
from planpush.document.vocabulary import CLASSES, ELEMENTS, ICONS
from planpush.errors import Finding, InvalidDocument, TooLarge

_LONGEST = 256 * 1024  # characters, which are in no case more bytes than a section may have
_JUDGED = ("<svg", "<input", "pp-flow", "pp-tabs", "rowspan", "colspan")
_TAG = re.compile(r"<[^<>]*>")
_GIVEN = re.compile(r"<([a-z][a-z0-9]*)( [^<>]*=[^<>]*)>")
_PAIR = re.compile(r" ([A-Za-z-]+)=\"([^\"]*)\"")
_ID = re.compile(r" id=\"([^\"<>]*)\"")
_ANCHOR = re.compile(r" data-anchor=\"([^\"<>]*)\"")
_ROOT = re.compile(r"<([a-z][a-z0-9]*)[ >]")
_CODE = re.compile(r"<pre[ >].*?</pre>", re.DOTALL)
_HEADING = re.compile(r"<h([1-6])(?: [^<>]*)?>(.*?)</h[1-6]>", re.DOTALL)
_SHOWN = re.compile(r"<(?:table|pre|ul|ol|dl|figure|details|blockquote|button|hr)[ >]")
_TABLE = re.compile(r"<table[ >].*?</table>", re.DOTALL)
_ROWS = re.compile(r"<t([rdh])[ >]")
_LOOSE = re.compile(
    r"(?:<(?:table|tbody|thead|tfoot|tr)(?: [^<>]*)?>|</(?:caption|t[dhr]|tbody|thead|tfoot) ?>)"
    r"\s*+[^\s<]"
)


def flaws(anchor: str, html: str, words: Words) -> list[Flaw] | None:
    """Return what the linter finds in a section that is `plain`; None: let it read the section."""
    if len(html) > _LONGEST or any(map(html.__contains__, _JUDGED)):
        return None
    if strip_controls(html) is not html or not _is_one(html.strip()):
        return None
    if not _is_named(anchor, html) or not _is_known(html, words):
        return None
    if _LOOSE.search(html) or not all(map(_is_even, _TABLE.findall(html))):
        return None
    return _said(html)


def _is_one(text: str) -> bool:
    """Tell whether all of a section is in one element."""
    root = _ROOT.match(text)
    if root is None or not text.endswith(f"</{root[1]}>"):
        return False
    return text.count(f"<{root[1]}>") + text.count(f"<{root[1]} ") == 1


def _is_named(anchor: str, html: str) -> bool:
    """Tell whether the root has the section's anchor, and no other name is there twice."""
    root, anchors, ids = _ROOT.search(html), _ANCHOR.findall(html), _ID.findall(html)
    if root is None or not anchors or anchors[0] != anchor or len(set(ids)) < len(ids):
        return False
    report = Report("")
    for name in anchors[1:]:
        check_anchor(report, name, 0)
    own = " data-anchor=" in html[root.start() : html.index(">", root.end() - 1)]
    return own and len(set(anchors)) == len(anchors) and not report.found


def _is_known(html: str, words: Words) -> bool:
    """Tell whether the linter has nothing against any tag; each that is different is asked once."""
    report = Report("")
    rules = TagRules(report, words)
    for name, attributes in set(_GIVEN.findall(html)):
        pairs = _PAIR.findall(attributes)[::-1]  # of two, the first counts
        given = {attribute: unescape(value) for attribute, value in pairs}
        if not all(map(str.islower, given)):
            return False
        rules.check(Node(name, 0, given, None))
    return not report.found


def _is_even(table: str) -> bool:
    """Tell whether a table has header cells, and rows of as many cells."""
    rows = "".join(_ROWS.findall(table)).split("r")[1:]
    return len(set(map(len, rows))) == 1 and "h" in "".join(rows)


def _said(html: str) -> list[Flaw] | None:
    """Tell of the headings, and of how much is said how."""
    headings = _HEADING.findall(html)
    levels = [int(level) for level, _ in headings]
    if not headings or any(after > before + 1 for before, after in pairwise(levels)):
        return None
    size = _size(_CODE.sub(" ", html))
    if size <= sum(_size(text) for _, text in headings):
        return None
    if size >= MOST_PROSE and not _SHOWN.search(html):
        return None
    report = Report(html)
    if size > MOST_WORDS:
        report.add("section_too_long", 0, f"{size:,}", f"{MOST_WORDS:,}")
    return report.flaws()


def _size(html: str) -> int:
    return len(_TAG.sub(" ", html).split())


__all__ = [
    "MAX_SECTION_BYTES",
    "check_size",
    "is_error",
    "lint",
    "lint_one",
    "review",
    "review_page",
]

Findings = list[Finding]
WORDS = Words(CLASSES, frozenset(name.lower() for name in ELEMENTS), ICONS)


def lint(sections: Sequence[tuple[str, str | None]]) -> tuple[Findings, Findings]:
    """Check `(anchor, html)` pairs; return errors, which refuse a push, and warnings."""
    rows = check_sections(sections, WORDS)
    return _divided(
        _finding(flaw, f"sections[{number}].{'html' if flaw.line else 'anchor'}")
        for number, flaws in enumerate(rows)
        for flaw in flaws
    )


def lint_one(anchor: str, html: str, *, plain: bool) -> tuple[Findings, Findings]:
    """Return what `lint` does of one section; much faster where it is plain and in order."""
    told = flaws(anchor, html, WORDS) if plain else None
    if told is None:
        return lint([(anchor, html)])
    errors, warnings = lint([(anchor, None)])
    return errors, [*warnings, *(_finding(flaw, "sections[0].html") for flaw in told)]


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
            told = check_page(html, anchors, WORDS)
            flaws = [*pieces.warnings, *(_finding(flaw, field) for flaw in told)]
        except InvalidDocument as problem:
            flaws = problem.errors
    errors, warnings = _divided(_placed([*costs, *flaws, *found], field))
    return errors, warnings, anchors


def check_size(texts: Iterable[str | None], largest: int) -> None:
    """Raise `TooLarge` as a push does, before anything is read."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if text)
    if size > largest:
        raise TooLarge(f"The document has {size:,} bytes; this server takes {largest:,}.")


def is_error(found: Finding) -> bool:
    """Tell whether a finding refuses a push; a code that is not in the catalogue does."""
    code = CODES.get(found.code)
    return code is None or code.severity == ERROR


def _finding(flaw: Flaw, field: str) -> Finding:
    return Finding(flaw.code, flaw.message, flaw.fix, field, flaw.line, flaw.column)


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
