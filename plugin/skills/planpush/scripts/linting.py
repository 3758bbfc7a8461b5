"""What is wrong with a draft before the server sees it: the rules in `checks` are the server's."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple

from checks import Flaw, Words, check_sections


@dataclass(frozen=True)
class Finding:
    """One thing to fix. Errors stop a draft; warnings stop a push unless they are allowed."""

    anchor: str
    line: int
    column: int
    code: str
    message: str
    fix: str
    error: bool = True

    def __str__(self) -> str:
        kind = "" if self.error else "warning "
        at = f"{self.anchor} {self.line}:{self.column}"
        return f"{kind}{at} {self.code} {self.message} → {self.fix}"


def document(sections: Sequence[Tuple[str, Optional[str]]]) -> List[Finding]:
    """Check the sections that are here as text, and that no anchor is used twice."""
    found: List[Finding] = []
    rows = check_sections(sections, words())
    for number, (anchor, _html) in enumerate(sections):
        found += [finding(anchor, flaw) for flaw in rows[number]]
    return found


def section(anchor: str, html: str) -> List[Finding]:
    """Check one section."""
    return document([(anchor, html)])


def abandoned(counts: Mapping[str, int], removed: Sequence[str]) -> List[Finding]:
    """Return a warning for each anchor that is gone while open comments sit on it."""
    message = "“{}” is gone, and {} open comments sit on it."
    fix = "If it was renamed, `put NEW --was {}`; else answer them, then push with --allow-warnings."
    return [
        Finding(
            anchor, 1, 1, "anchor_with_threads", message.format(anchor, counts[anchor]),
            fix.format(anchor), False,
        )
        for anchor in removed
        if counts.get(anchor)
    ]  # fmt: skip


def words() -> Words:
    """Return the classes, elements and icons that the server knows."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vocabulary.json")
    with open(path, encoding="utf-8") as file:
        source = json.load(file)
    return Words(*(frozenset(source[name]) for name in ("classes", "elements", "icons")))


def finding(anchor: str, flaw: Flaw) -> Finding:
    """Return a flaw of a section; one of its anchor stands at the start."""
    line, column = flaw.line or 1, flaw.column or 1
    return Finding(anchor, line, column, flaw.code, flaw.message, flaw.fix, flaw.error)
