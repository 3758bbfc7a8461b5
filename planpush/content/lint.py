"""The linter: what to mend in a pushed document, as the author wrote it, with line and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from planpush.content import diagrams, limits, orderly, references, sanitise, secrets
from planpush.content.checks import (
    CODES,
    ERROR,
    MAX_SECTION_BYTES,
    Flaw,
    Words,
    check_page,
    check_sections,
)
from planpush.content.cut import cut
from planpush.content.finish import finish
from planpush.content.problem import Finding, InvalidDocument, TooLarge
from planpush.content.vocabulary import CLASSES, ELEMENTS, ICONS

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
    told = orderly.flaws(anchor, html, WORDS) if plain else None
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
    budget, allowance = limits.MAX_ELEMENTS, diagrams.Allowance()
    for number, (anchor, html) in enumerate(sections):
        costs, elements = _costs(anchor, html or "", budget, allowance)
        budget -= elements
        told = [*costs, *([] if allow_secrets else secrets.scan(html or ""))]
        found += _placed(told, f"sections[{number}].html")
        readable.append((anchor, html if _readable(costs) else None))
    errors, warnings = _divided(found)
    more = lint(readable)
    return [*errors, *more[0]], [*warnings, *more[1]]


def review_page(
    html: str, field: str = "", *, allow_secrets: bool = False
) -> tuple[Findings, Findings, list[str]]:
    """Check a whole page as it is pushed, in its own lines; return its sections' anchors too."""
    found = [] if allow_secrets else secrets.scan(html)
    costs, _ = _costs("", html, limits.MAX_ELEMENTS, diagrams.Allowance())
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
    anchor: str, html: str, budget: int, allowance: diagrams.Allowance
) -> tuple[Sequence[Finding], int]:
    """Return what stands against parsing and drawing, and how many elements there are."""
    elements = 0
    try:
        elements = limits.check(html, max_elements=max(budget, 0))
        few = anchor or html.count("pp-diagram") <= diagrams.MOST  # so many only a page may have
        if not few:
            references.settle(sanitise.clean(html))
            return [], elements
        _, elements, doubts = finish(anchor or "page", html, elements, budget, allowance)
    except InvalidDocument as problem:
        return problem.errors, elements
    return doubts, elements
