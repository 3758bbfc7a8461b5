"""Builds the new sections of a push before anything is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planpush.document import secret_scanner
from planpush.document import sections as content
from planpush.document.diagrams import draw
from planpush.document.lint.linter import lint
from planpush.document.sanitizer import limits
from planpush.document.sections import finish
from planpush.errors import Finding, Invalid, InvalidDocument, TooLarge
from planpush.plans.section import Section
from planpush.versions.request import Fresh, Key, Push, SectionPush

LARGEST_SECTION = 1024 * 1024
Findings = list[Finding]


def build_fresh(push: Push, wanted: list[Key], known: dict[Key, Section]) -> Fresh:
    """Return the sections of `wanted` that are not `known`. Raises `Invalid` or `TooLarge`."""
    pairs = zip(push.sections, wanted, strict=True)
    refuse_missing([key[0] for item, key in pairs if item.html is None and key not in known])
    _check_size(push, wanted, known)
    indexes = [index for index, key in enumerate(wanted) if key not in known]
    budget = limits.MAX_ELEMENTS - sum(section.elements for section in known.values())
    allowance = draw.Allowance()
    sections: dict[Key, Section] = {}
    warnings: Findings = []
    for index in indexes:
        place = f"sections[{index}].html"
        made, doubts = _build(push.sections[index], wanted[index][1], place, budget, allowance)
        budget -= made.elements
        sections[wanted[index]] = made
        warnings += doubts
    return Fresh(sections, warnings, _secrets(push, indexes))


def refuse_missing(missing: Sequence[str]) -> None:
    """Raise `Invalid` that names the anchors, if any, whose html has to be sent."""
    if missing:
        raise Invalid(
            f"Send the html of {', '.join(missing)}: this plan does not have it.",
            [Finding("missing_section", "send its html", field=anchor) for anchor in missing],
            extra={"missing": list(missing)},
            code="missing_sections",
        )


def _check_size(push: Push, wanted: list[Key], known: dict[Key, Section]) -> None:
    sizes = [
        len(item.html.encode()) if item.html is not None else known[key].source_bytes
        for item, key in zip(push.sections, wanted, strict=True)
    ]
    for index, size in enumerate(sizes):
        if size > LARGEST_SECTION:
            finding = Finding(
                "section_too_large",
                f"{push.sections[index].anchor} has {size:,} bytes of {LARGEST_SECTION:,}",
                "split it into several sections",
                field=f"sections[{index}].html",
            )
            raise InvalidDocument(finding.message, [finding])
    if push.largest is not None and sum(sizes) > push.largest:
        raise TooLarge(
            f"The document has {sum(sizes):,} bytes; this server takes {push.largest:,}."
        )


def _build(
    item: SectionPush, sha256: str, place: str, budget: int, allowance: draw.Allowance
) -> tuple[Section, Findings]:
    html = item.html or ""
    try:
        elements = limits.check(html, max_elements=max(budget, 0))
        errors, warnings = lint([(item.anchor, html)])
        if errors:
            raise InvalidDocument("; ".join(found.message for found in errors[:3]), errors)
        safe, elements, doubts = finish(item.anchor, html, elements, budget, allowance)
        built = content.build(item.anchor, safe)
    except InvalidDocument as problem:
        problem.errors = [replace(finding, field=place) for finding in problem.errors]
        raise
    if not built.text.strip():
        message = f"{item.anchor} has no text: write something, or leave the section out"
        raise InvalidDocument(message, [Finding("empty_section", message, field=place)])
    made = Section.made(built, sha256=sha256, source_bytes=len(html.encode()), elements=elements)
    return made, [replace(finding, field=place) for finding in [*warnings, *doubts]]


def _secrets(push: Push, indexes: Sequence[int]) -> list[str]:
    """Return what kinds of secrets were let through. Raises `Invalid` unless the push allows."""
    found = [
        replace(finding, field=f"sections[{index}].html")
        for index in indexes
        for finding in secret_scanner.scan(push.sections[index].html or "")
    ]
    if found and not push.allow_secrets:
        raise Invalid(
            "What looks like a key or token is in the document. Take it out; "
            "if it is no secret, push again with allow_secrets.",
            found,
            code="secret_found",
        )
    return sorted({finding.message for finding in found})
