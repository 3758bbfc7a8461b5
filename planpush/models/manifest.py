"""What a push brings, and the stored sections that it names: known ones are not touched again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from planpush.content import limits, sanitise, secrets
from planpush.content import section as content
from planpush.content.lint import lint
from planpush.content.problem import Finding, Invalid, InvalidDocument, TooLarge
from planpush.models.answer import Answer
from planpush.models.plan import Plan
from planpush.models.section import Section
from planpush.models.user import User

LARGEST_SECTION = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SectionPush:
    """One section as it was sent; `html` None means "you have it", `was` its anchor before."""

    anchor: str
    html: str | None = None
    sha256: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """What a push asks for. `largest` is the document's limit in bytes, None if checked before."""

    sections: Sequence[SectionPush]
    title: str | None = None
    wish: str | None = None
    base_version: int | None = None
    visibility: str | None = None
    message: str = ""
    direction: str = ""
    agent: str = ""
    session: str = ""
    answers: Sequence[Answer] = ()
    allow_secrets: bool = False
    largest: int | None = None


def manifest_of(push: Push, before: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (anchor, sha256) of what was asked for, checked against what was sent."""
    pairs: list[tuple[str, str]] = []
    for index, item in enumerate(push.sections):
        sha256 = item.sha256
        if item.html is not None:
            actual = hashlib.sha256(item.html.encode()).hexdigest()
            if sha256 and sha256 != actual:
                message = f"the html's SHA-256 is {actual}, not {sha256}"
                place = f"sections[{index}].sha256"
                raise Invalid(
                    message, [Finding("hash_mismatch", message, field=place)], code="hash_mismatch"
                )
            sha256 = actual
        elif not sha256 and item.anchor in before:
            sha256 = before[item.anchor].sha256
        pairs.append((item.anchor, sha256 or ""))
    return pairs


def sections_of(
    plan: Plan, push: Push, wanted: list[tuple[str, str]], by: User
) -> tuple[list[Section], list[Finding]]:
    """Return the stored sections in order, and warnings; new ones are checked, cleaned, kept."""
    known = Section.known(plan.id, wanted)
    _refuse_missing(push, wanted, known)
    _check_size(push, wanted, known)
    fresh = [index for index, key in enumerate(wanted) if key not in known]
    _check_secrets(plan, push, fresh, by)
    budget = limits.MAX_ELEMENTS - sum(section.elements for section in known.values())
    warnings: list[Finding] = []
    for index in fresh:
        place = f"sections[{index}].html"
        built, doubts = _build(plan, push.sections[index], wanted[index][1], place, budget)
        budget -= built.elements
        known[wanted[index]] = built
        warnings += doubts
    return [known[key] for key in wanted], warnings


def _refuse_missing(
    push: Push, wanted: list[tuple[str, str]], known: dict[tuple[str, str], Section]
) -> None:
    missing = [
        item.anchor
        for item, key in zip(push.sections, wanted, strict=True)
        if item.html is None and key not in known
    ]
    if missing:
        raise Invalid(
            f"Send the html of {', '.join(missing)}: this plan does not have it.",
            [Finding("missing_section", "send its html", field=anchor) for anchor in missing],
            extra={"missing": missing},
            code="missing_sections",
        )


def _check_size(
    push: Push, wanted: list[tuple[str, str]], known: dict[tuple[str, str], Section]
) -> None:
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
    plan: Plan, item: SectionPush, sha256: str, place: str, budget: int
) -> tuple[Section, list[Finding]]:
    html = item.html or ""
    try:
        elements = limits.check(html, max_elements=max(budget, 0))
        errors, warnings = lint([(item.anchor, html)])
        if errors:
            raise InvalidDocument("; ".join(found.message for found in errors[:3]), errors)
        built = content.build(item.anchor, sanitise.clean(html))
    except InvalidDocument as problem:
        problem.errors = [replace(finding, field=place) for finding in problem.errors]
        raise
    if not built.text.strip():
        message = f"{item.anchor} has no text: write something, or leave the section out"
        raise InvalidDocument(message, [Finding("empty_section", message, field=place)])
    stored = Section.keep(
        plan.id, built, sha256=sha256, source_bytes=len(html.encode()), elements=elements
    )
    return stored, [replace(finding, field=place) for finding in warnings]


def _check_secrets(plan: Plan, push: Push, fresh: Sequence[int], by: User) -> None:
    found = [
        replace(finding, field=f"sections[{index}].html")
        for index in fresh
        for finding in secrets.scan(push.sections[index].html or "")
    ]
    if found and not push.allow_secrets:
        raise Invalid(
            "What looks like a key or token is in the document. Take it out; "
            "if it is no secret, push again with allow_secrets.",
            found,
            code="secret_found",
        )
    if found:
        plan.record("secret.allowed", by=by, data={"kinds": sorted({f.message for f in found})})
