"""A push request: typed, with the digest of every section."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planpush.comments.answers import Answer
from planpush.errors import Finding, Invalid
from planpush.plans.section import Section

Key = tuple[str, str]  # a section's anchor and SHA-256


@dataclass(frozen=True, slots=True)
class SectionPush:
    """One section as it was sent; `html` None means "you have it", `was` its anchor before."""

    anchor: str
    html: str | None = None
    sha256: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """The sections of a push that its plan has not yet, ready to be stored, and doubts of them."""

    sections: dict[Key, Section]
    warnings: Sequence[Finding] = ()
    secrets: Sequence[str] = ()


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
    fresh: Fresh | None = None


def manifest_of(push: Push, before: dict[str, Any]) -> list[Key]:
    """Return (anchor, sha256) of what was asked for, checked against what was sent."""
    pairs: list[Key] = []
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
