"""Blocks: the leaves of a document that a comment can sit on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


def normalise(text: str) -> str:
    """Return `text` in the one form that anchors compare: NFC, runs of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def has_controls(text: str, keep: str = "\n\r\t") -> bool:
    """Tell whether `text` has control characters (C0, C1, DEL) other than `keep`."""
    return any(unicodedata.category(mark) == "Cc" and mark not in keep for mark in text)


@dataclass(frozen=True, slots=True)
class Block:
    """A leaf of a section, or (key 0, or tag with its own `data-anchor`) an element as a whole.

    `key` is the number that the server wrote into `data-block`; it is unique in the section.
    `text` is normalised. `anchors` are the nearest `data-anchor` keys from the inside out, the
    section's last. `headings` is the heading path, outermost first. `row` and `column` are a table
    cell's headers. `element` marks a container (its text is its label), not a leaf.
    """

    section: str
    key: int
    tag: str
    text: str
    anchors: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    row: str = ""
    column: str = ""
    element: bool = False
