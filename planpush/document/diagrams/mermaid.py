"""Mermaid source: its kind, what is refused, and size limits."""

from __future__ import annotations

import re

MOST_BYTES = 50_000
MOST_LINES = 1_000
LONGEST_LINE = 2_000

_KINDS = {
    "flowchart": "flow",
    "graph": "flow",
    "sequencediagram": "sequence",
    "erdiagram": "er",
    "statediagram": "state",
    "statediagram-v2": "state",
    "classdiagram": "class",
    "classdiagram-v2": "class",
}
NAMES = {
    "flow": "Flowchart",
    "sequence": "Sequence diagram",
    "er": "Entity diagram",
    "state": "State diagram",
    "class": "Class diagram",
}
FIRST_WORDS = "flowchart, sequenceDiagram, erDiagram, stateDiagram-v2 or classDiagram"

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n[ \t]*---[ \t]*(?=\n|\Z)", re.DOTALL)
_DIRECTIVE = re.compile(r"%%\{.*?(?:\}%%|\Z)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
_TITLE = re.compile(r"^[ \t]*accTitle[ \t]*:[ \t]*([^\n]+)", re.MULTILINE)
# Links and callbacks: nothing in a drawing of ours can be clicked but its comments.
_CLICK = re.compile(r"^[ \t]*(?:click|links?|callback|href|properties)[ \t][^\n]*", re.MULTILINE)


def drawable(text: str) -> str:
    """Return `text` without front matter and directives; every line keeps its number."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\ufffe", " ").replace("\uffff", " ")  # not characters of XML
    text = _FRONT_MATTER.sub(_blank, text, count=1)
    return _CLICK.sub("", _DIRECTIVE.sub(_blank, text))


def kind_of(text: str) -> tuple[str, str, int]:
    """Return the kind of a drawable text ("" for one we do not draw), its first word, its line."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("%%"):
            word = _WORD.match(stripped)
            first = word[0] if word else stripped[:20]
            return _KINDS.get(first.lower(), ""), first, number
    return "", "", 1


def title_of(text: str) -> str:
    """Return what the text itself says that it shows."""
    found = _TITLE.search(text)
    return found[1].strip()[:200] if found else ""


def excess(text: str) -> str:
    """Return what is too much about `text`, or ""."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return f"The diagram has more than {MOST_BYTES:,} bytes."
    if text.count("\n") >= MOST_LINES:
        return f"The diagram has more than {MOST_LINES:,} lines."
    if max(map(len, text.split("\n"))) > LONGEST_LINE:
        return f"A line of the diagram has more than {LONGEST_LINE:,} characters."
    return ""


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")
