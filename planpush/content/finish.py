"""The last steps from an author's section to one that may be stored: draw, limit, sanitise."""

from __future__ import annotations

from planpush.content import diagrams, limits, references, sanitise
from planpush.content.problem import Finding


def finish(
    anchor: str, html: str, elements: int, budget: int, allowance: diagrams.Allowance | None = None
) -> tuple[str, int, list[Finding]]:
    """Return `html`, which has passed the limits, drawn and safe; its elements; warnings.

    What was drawn passes the limits again: a drawing can let out what an attribute hid.
    Raises `InvalidDocument`.
    """
    drawn, doubts = diagrams.draw(anchor, html, allowance)
    if drawn is not html:
        elements = limits.check(drawn, max_elements=max(budget, 0))
    return references.settle(sanitise.clean(drawn)), elements, doubts
