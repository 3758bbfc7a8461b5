"""The elements, classes, colors and icons that a document may use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process


@dataclass(frozen=True, slots=True)
class Component:
    """One building block of a document."""

    name: str
    purpose: str
    classes: tuple[str, ...]
    children: str
    example: str


def _component(entry: dict[str, Any]) -> Component:
    return Component(**{**entry, "classes": tuple(entry["classes"])})


_SOURCE: dict[str, Any] = json.loads(
    Path(__file__).with_name("vocabulary.json").read_text(encoding="utf-8")
)

COMPONENTS: tuple[Component, ...] = tuple(map(_component, _SOURCE["components"]))
UTILITIES: dict[str, str] = _SOURCE["utilities"]
CLASSES: frozenset[str] = frozenset(UTILITIES).union(*(part.classes for part in COMPONENTS))
ICONS: frozenset[str] = frozenset(_SOURCE["icons"])
SVG: frozenset[str] = frozenset(_SOURCE["elements"]["svg"])
ELEMENTS: frozenset[str] = SVG.union(_SOURCE["elements"]["html"])
PRESENTATION: frozenset[str] = frozenset(_SOURCE["presentation"])
COLOURS: frozenset[str] = frozenset(_SOURCE["colours"])
ROLES: frozenset[str] = frozenset(_SOURCE["roles"])
ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: frozenset(names) | (PRESENTATION if tag in SVG else frozenset())
    for tag, names in _SOURCE["attributes"].items()
}


def nearest(name: str, known: frozenset[str] = CLASSES) -> str:
    """Return the known word that looks most like `name`, or "" when none comes close."""
    long = sorted(word for word in known if len(word) > 1)
    found = process.extractOne(name[:64], long, scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else ""
